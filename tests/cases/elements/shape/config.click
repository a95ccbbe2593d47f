// One packet for each flow, two wait, and what comes then finds no room; another flow does not wait for them.
limits :: TokenBuckets(RATE 1pps, BURST 1, CAPACITY 16);
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIPHeader -> s :: Shape(limits, KEY flow, QUEUE 2);
s[0] -> Unstrip(14) -> ToDump(out.pcap) -> Discard;
s[1] -> Unstrip(14) -> ToDump(full.pcap) -> Discard;
