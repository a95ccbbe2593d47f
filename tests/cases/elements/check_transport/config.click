// Every reason to refuse a transport header; fragments cannot be checked.
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIPHeader -> kind :: IPClassifier(ip proto 6 or ip proto 132, udp, icmp);
kind[0] -> tcp :: CheckTCPHeader(DETAILS true);
kind[1] -> udp :: CheckUDPHeader(DETAILS true);
kind[2] -> icmp :: CheckICMPHeader(DETAILS true);
tcp[0] -> Unstrip(14) -> ToDump(tcp_good.pcap) -> Discard;
tcp[1] -> Unstrip(14) -> ToDump(tcp_bad.pcap) -> Discard;
udp[0] -> Unstrip(14) -> ToDump(udp_good.pcap) -> Discard;
udp[1] -> Unstrip(14) -> ToDump(udp_bad.pcap) -> Discard;
icmp[0] -> Unstrip(14) -> ToDump(icmp_good.pcap) -> Discard;
icmp[1] -> Unstrip(14) -> ToDump(icmp_bad.pcap) -> Discard;
