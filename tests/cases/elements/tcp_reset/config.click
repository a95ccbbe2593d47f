// What refuses a segment depends on whether it acknowledges something; nothing refuses a reset.
FromDump(in.pcap, STOP true) -> Strip(14) -> c :: Classifier(0/4?, 0/6?);
c[0] -> CheckIPHeader -> r :: TCPReset -> Unstrip(14) -> ToDump(resets.pcap) -> Discard;
c[1] -> CheckIP6Header -> r;
r[1] -> Unstrip(14) -> ToDump(others.pcap) -> Discard;
