// Packets wait for their address; groups have one at once.
FromDump(in.pcap, STOP true) -> types :: Classifier(12/0800, 12/0806);
types[0] -> Strip(14) -> CheckIPHeader -> q :: ARPQuerier(10.0.0.1/24, 02:00:00:00:00:01);
types[1] -> [1]q;
q[0] -> ToDump(out.pcap) -> Discard;
q[1] -> ToDump(queries.pcap) -> Discard;
