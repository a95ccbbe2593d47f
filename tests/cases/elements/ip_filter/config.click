// The whitelist of the example firewall: allowed, denied, and an output of its own.
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIPHeader
  -> f :: IPFilter(deny src net 10.9.0.0/16, allow tcp dst port 80 or 443, allow icmp, 2 udp dst port domain, 1 all);
f[0] -> Unstrip(14) -> ToDump(allowed.pcap) -> Discard;
f[1] -> Unstrip(14) -> ToDump(denied.pcap) -> Discard;
f[2] -> Unstrip(14) -> ToDump(names.pcap) -> Discard;
