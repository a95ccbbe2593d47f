// Two packets for each /24 and each /48, and two for all that is no IP.
limits :: TokenBuckets(RATE 1pps, BURST 2, CAPACITY 16);
FromDump(in.pcap, STOP true) -> types :: Classifier(12/0800, 12/86dd, -);
types[0] -> Strip(14) -> CheckIPHeader -> p :: Police(limits, KEY source/24/48);
types[1] -> Strip(14) -> CheckIP6Header -> p;
types[2] -> Strip(14) -> p;
p[0] -> Unstrip(14) -> ToDump(conforming.pcap) -> Discard;
p[1] -> Unstrip(14) -> ToDump(exceeding.pcap) -> Discard;
