// What is new opens its session; what no session accounts for leaves as invalid.
sessions :: SessionTable(CAPACITY 64);
FromDump(in.pcap, STOP true) -> Unqueue(BURST 1) -> Strip(14) -> CheckIPHeader -> checked :: CheckSession(sessions);
checked[0] -> Unstrip(14) -> ToDump(established.pcap) -> Discard;
checked[1] -> opened :: OpenSession(sessions) -> Unstrip(14) -> ToDump(new.pcap) -> Discard;
checked[2] -> Unstrip(14) -> ToDump(related.pcap) -> Discard;
checked[3] -> Unstrip(14) -> ToDump(invalid.pcap) -> Discard;
