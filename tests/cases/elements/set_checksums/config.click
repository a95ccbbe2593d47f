// Checksums anew over packets that carry none or a wrong one; what is not whole is dropped.
FromDump(in.pcap, STOP true) -> Strip(14) -> MarkIPHeader -> header :: SetIPChecksum -> CheckIPHeader
  -> kind :: IPClassifier(tcp, udp);
kind[0] -> t :: Tee(2);
t[0] -> SetTCPChecksum -> Unstrip(14) -> ToDump(tcp.pcap) -> Discard;
t[1] -> SetTCPChecksum(FIXOFF true) -> Unstrip(14) -> ToDump(fixed.pcap) -> Discard;
kind[1] -> udp :: SetUDPChecksum -> Unstrip(14) -> ToDump(udp.pcap) -> Discard;
udp[1] -> Unstrip(14) -> ToDump(not_udp.pcap) -> Discard;
