// A shared table, the query with the frames, and the next hop that the annotation names.
t :: ARPTable(CAPACITY 10);
FromDump(in.pcap, STOP true) -> types :: Classifier(12/0800, 12/0806);
types[0] -> Strip(14) -> CheckIPHeader -> SetIPAddress(192.0.2.1) -> q :: ARPQuerier(10.0.0.1, 02:00:00:00:00:01, TABLE t);
types[1] -> [1]q;
q -> ToDump(out.pcap) -> Discard;
