// A bucket of 1518 bytes for each of two interfaces, by name; every byte of a packet counts.
limits :: TokenBuckets(RATE 1bps, BURST 1518B, CAPACITY 16);
FromDump(in.pcap, STOP true) -> t :: Tee;
t[0] -> lan :: Police(limits, KEY "interface lan") -> ToDump(lan.pcap) -> Discard;
t[1] -> wan :: Police(limits, KEY "interface wan") -> ToDump(wan.pcap) -> Discard;
