// DATA in every notation, cut and padded, pushed and pulled; the driver stops by itself.
InfiniteSource(DATA \<00 ff 28 2c>, LIMIT 2) -> ToDump(bytes.pcap) -> Discard;
InfiniteSource("a, (b)", 1, 1, true, LENGTH 8) -> ToDump(padded.pcap) -> Discard;
InfiniteSource(abcdef, 1, LENGTH 3) -> ToDump(cut.pcap) -> Discard;
InfiniteSource(x, LIMIT 3, ACTIVE false) -> never :: Counter -> Discard;
InfiniteSource(x, LIMIT 3) -> pulled :: Unqueue -> Discard;
InfiniteSource(x, LIMIT 200, BURST 7, STOP true) -> last :: Counter -> Discard;
