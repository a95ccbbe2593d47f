// Short packets pass, long ones are split, those that must not be leave by output 1.
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIPHeader -> f :: IPFragmenter(68, VERBOSE false) -> ToDump(out.pcap) -> Discard;
f[1] -> ToDump(refused.pcap) -> Discard;
