// Code point and congestion bits, each without touching the other.
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIPHeader -> t :: Tee(4);
t[0] -> dscp :: SetIPDSCP(46) -> Unstrip(14) -> ToDump(dscp.pcap) -> Discard;
t[1] -> SetIPDSCP(0) -> Unstrip(14) -> ToDump(plain.pcap) -> Discard;
t[2] -> SetIPECN(ce) -> Unstrip(14) -> ToDump(ce.pcap) -> Discard;
t[3] -> SetIPECN(no) -> Unstrip(14) -> ToDump(no.pcap) -> Discard;
