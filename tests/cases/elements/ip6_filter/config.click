// IPv6 through the same expressions: extension headers, fragments, prefixes.
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIP6Header
  -> f :: IPClassifier(src net 2001:db8:bad::/48, tcp dst port 80 and dst host 2001:db8::2, icmp6 type echo, ip6 frag, ip6 dscp 46 and udp, -);
f[0] -> Unstrip(14) -> ToDump(bad.pcap) -> Discard;
f[1] -> Unstrip(14) -> ToDump(web.pcap) -> Discard;
f[2] -> Unstrip(14) -> ToDump(ping.pcap) -> Discard;
f[3] -> Unstrip(14) -> ToDump(fragments.pcap) -> Discard;
f[4] -> Unstrip(14) -> ToDump(voice.pcap) -> Discard;
f[5] -> Unstrip(14) -> ToDump(other.pcap) -> Discard;
