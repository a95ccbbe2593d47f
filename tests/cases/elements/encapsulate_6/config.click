// The same in IPv6, whose UDP always has a checksum.
FromDump(in.pcap, STOP true) -> t :: Tee(2);
t[0] -> ip :: IPEncap(ip6, 2001:db8::1, 2001:db8::2, TTL 64, TOS 0xb8) -> ToDump(ip.pcap) -> Discard;
t[1] -> UDPIPEncap(2001:db8::1, 1000, 2001:db8::2, 2000, false) -> ToDump(udp.pcap) -> Discard;
