// Only SYN segments, only downwards, at odd places too.
FromDump(in.pcap, STOP true) -> Strip(14) -> c :: Classifier(0/4?, 0/6?);
c[0] -> CheckIPHeader -> t :: Tee(2);
t[0] -> m :: ClampMSS(1400) -> CheckTCPHeader -> ToDump(mss.pcap) -> Discard;
t[1] -> ClampMSS(MTU 1476) -> ToDump(mtu.pcap) -> Discard;
c[1] -> CheckIP6Header -> ClampMSS(MTU 1476) -> ToDump(six.pcap) -> Discard;
