// Transport headers of IPv6, behind extension headers too; a UDP checksum must be there.
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIP6Header -> kind :: IPClassifier(tcp, udp, icmp6, -);
kind[0] -> tcp :: CheckTCPHeader;
kind[1] -> udp :: CheckUDPHeader;
kind[2] -> icmp :: CheckICMPHeader(VERBOSE true);
kind[3] -> Discard;
tcp[0] -> Unstrip(14) -> good :: ToDump(good.pcap) -> Discard;
udp[0] -> Unstrip(14) -> good;
icmp[0] -> Unstrip(14) -> good;
tcp[1] -> Unstrip(14) -> bad :: ToDump(bad.pcap) -> Discard;
udp[1] -> Unstrip(14) -> bad;
icmp[1] -> Unstrip(14) -> bad;
