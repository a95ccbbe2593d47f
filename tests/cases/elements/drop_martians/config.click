// Both versions: what goes on, what no router forwards, what its sender is told of, what the router answers itself.
FromDump(in.pcap, STOP true) -> types :: Classifier(12/0800, 12/86dd);
types[0] -> Strip(14) -> CheckIPHeader -> d :: DropMartians(192.0.2.1/24, 198.51.100.1/30, 10.9.9.1/31, 2001:db8::1/64);
types[1] -> Strip(14) -> CheckIP6Header -> d;
d[0] -> ToDump(routable.pcap) -> Discard;
d[1] -> ToDump(martians.pcap) -> Discard;
d[2] -> ToDump(beyond.pcap) -> Discard;
d[3] -> ToDump(link_local.pcap) -> Discard;
