// IPv4 and IPv6 in one table, outputs by name, the gateway as the new annotation, the rest by the output after.
FromDump(in.pcap, STOP true) -> Strip(14) -> c :: Classifier(0/4?, 0/6?);
c[0] -> CheckIPHeader -> route :: LookupRoute(192.0.2.0/24 lan, 0.0.0.0/0 via 198.51.100.1 wan, 2001:db8:1::/48 lan,
  2001:db8::/32 via fe80::1 wan, OUTPUTS "lan wan");
c[1] -> CheckIP6Header -> route;
route[0] -> ToDump(lan.pcap) -> Discard;
route[1] -> ToDump(wan.pcap) -> next :: LookupRoute(198.51.100.1 0, fe80::1 0, ::/0 1, 0/0 1);
next[0] -> by_gateway :: Counter -> Discard; next[1] -> by_itself :: Counter -> Discard;
route[2] -> ToDump(nowhere.pcap) -> Discard;
