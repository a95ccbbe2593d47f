// Two queues are filled while nothing pulls; then who is asked first, and whose turn it is. The queue that is pulled has
// room for what comes in one round of the driver.
i1 :: InfiniteSource(a, LIMIT 3, BURST 3) -> q1 :: Queue;
i2 :: InfiniteSource(b, LIMIT 3, BURST 3) -> q2 :: Queue;
i3 :: InfiniteSource(c, LIMIT 2, BURST 3) -> q3 :: Queue;
i4 :: InfiniteSource(d, LIMIT 4, BURST 4) -> q4 :: Queue;
q1 -> [1]prio :: PrioSched; q2 -> [0]prio;
q3 -> [0]turn :: RoundRobinSched; q4 -> [1]turn;
FromDump(in.pcap, STOP true) -> Discard;
prio -> Unqueue -> ToDump(prio.pcap) -> Discard;
turn -> Unqueue -> ToDump(turn.pcap) -> Discard;
