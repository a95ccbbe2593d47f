// IP and UDP headers around packets; identifications count.
FromDump(in.pcap, STOP true) -> t :: Tee(4);
t[0] -> ip :: IPEncap(4, 192.0.2.1, 192.0.2.2, TTL 64) -> ToDump(ip.pcap) -> Discard;
t[1] -> IPEncap(gre, 192.0.2.1, DST_ANNO, DSCP 46, ECT true, DF true) -> ToDump(marked.pcap) -> Discard;
t[2] -> udp :: UDPIPEncap(192.0.2.1, 1000, 192.0.2.2, 2000, true) -> ToDump(udp.pcap) -> Discard;
t[3] -> UDPIPEncap(192.0.2.1, 1000, 192.0.2.2, 2000, false) -> ToDump(udp_plain.pcap) -> Discard;
