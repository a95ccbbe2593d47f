// The Ethernet header goes with every fragment; HONOR_DF false splits what must not be; IPv6 is for its sender to split.
FromDump(in.pcap, STOP true) -> HostEtherFilter(0:0:0:0:0:0, DROP_OTHER false) -> Strip(14) -> c :: Classifier(0/4?, 0/6?);
c[0] -> CheckIPHeader -> f :: IPFragmenter(68, HONOR_DF false) -> Unstrip(14) -> ToDump(out.pcap) -> Discard;
c[1] -> CheckIP6Header -> f;
f[1] -> Unstrip(14) -> ToDump(refused.pcap) -> Discard;
