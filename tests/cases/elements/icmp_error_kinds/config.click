// What each kind of error tells; addresses that get none; short errors.
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIPHeader -> t :: Tee(3);
t[0] -> ICMPError(192.0.2.1, 3, needfrag, 10.0.0.7, PMTU 1400) -> ToDump(needfrag.pcap) -> Discard;
t[1] -> ICMPError(192.0.2.1, redirect, host) -> ToDump(redirect.pcap) -> Discard;
t[2] -> ICMPError(192.0.2.1, unreachable, port, MTU 100) -> ToDump(short.pcap) -> Discard;
