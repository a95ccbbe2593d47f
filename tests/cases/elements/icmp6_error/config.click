// Errors about IPv6, by either class; a packet too big is told of to groups too.
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIP6Header -> t :: Tee(4);
t[0] -> ICMPError(192.0.2.1, timeexceeded, SRC6 2001:db8::ff) -> ToDump(exceeded.pcap) -> Discard;
t[1] -> ICMPError(192.0.2.1, unreachable, needfrag, PMTU 1400, SRC6 2001:db8::ff) -> ToDump(too_big.pcap) -> Discard;
t[2] -> ICMP6Error(2001:db8::ff, 1, 4) -> ToDump(port.pcap) -> Discard;
t[3] -> ICMPError(192.0.2.1, timeexceeded) -> none :: Counter -> Discard;
