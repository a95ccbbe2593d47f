// Push meets pull: through a queue and back to push, in order and complete.
FromDump(in.pcap, STOP false) -> q :: Queue(100) -> u :: Unqueue -> ToDump(out.pcap) -> d :: Discard;
InfiniteSource(LIMIT 5, STOP true) -> Queue -> pulled :: Discard;
