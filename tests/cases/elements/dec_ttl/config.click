// The last hop leaves by output 1 as it came; MULTICAST false spares multicast; ACTIVE false spares all.
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIPHeader -> t :: Tee(3);
t[0] -> dec :: DecIPTTL -> Unstrip(14) -> ToDump(alive.pcap) -> Discard;
dec[1] -> Unstrip(14) -> ToDump(expired.pcap) -> Discard;
t[1] -> spares :: DecIPTTL(MULTICAST false) -> Unstrip(14) -> ToDump(spared.pcap) -> Discard;
t[2] -> off :: DecIPTTL(ACTIVE false) -> Unstrip(14) -> ToDump(off.pcap) -> Discard;
