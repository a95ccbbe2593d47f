// One of three; all, none, and everything while it is not active.
FromDump(in.pcap, STOP true) -> t :: Tee(4);
t[0] -> third :: Sample(3) -> ToDump(third.pcap) -> Discard; third[1] -> ToDump(others.pcap) -> Discard;
t[1] -> all :: RandomSample(1) -> ToDump(all.pcap) -> Discard;
t[2] -> none :: RandomSample(DROP 1) -> never :: Counter -> Discard; none[1] -> ToDump(not_drawn.pcap) -> Discard;
t[3] -> off :: RandomSample(SAMPLE 0, ACTIVE false) -> ToDump(off.pcap) -> Discard;
