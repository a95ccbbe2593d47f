// Both versions, near and behind a gateway; all questions first, then the answers.
n :: NeighbourTable(CAPACITY 64);
r :: ResolveNeighbour(n, 192.0.2.1/24, 2001:db8::1/64, ETHER 02:00:00:00:00:01, GATEWAY "192.0.2.254 2001:db8::fe");
FromDump(in.pcap, STOP true) -> types :: Classifier(12/0806, 12/86dd 20/3aff, 12/0800, 12/86dd);
types[2] -> Strip(14) -> CheckIPHeader -> r;
types[3] -> Strip(14) -> CheckIP6Header -> r;
types[0] -> [1]r;
types[1] -> [1]r;
r[0] -> ToDump(out.pcap) -> Discard;
r[1] -> ToDump(messages.pcap) -> Discard;
r[2] -> Discard;
