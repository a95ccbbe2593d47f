// Both versions in one; groups and fragments are not answered.
FromDump(in.pcap, STOP true) -> Strip(14) -> c :: Classifier(0/4?, 0/6?);
c[0] -> CheckIPHeader -> p :: ICMPPingResponder -> ToDump(replies.pcap) -> Discard;
c[1] -> CheckIP6Header -> p;
p[1] -> ToDump(others.pcap) -> Discard;
