// A full queue drops to its output 1; what fits comes out in order.
s :: InfiniteSource(DATA \<00112233>, LIMIT 10) -> q :: Queue(4);
q[1] -> over :: Counter -> Discard;
FromDump(in.pcap, STOP true) -> Discard;
q -> u :: Unqueue(ACTIVE false) -> Discard;
