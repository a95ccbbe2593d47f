// Fragments before and after the first one of their datagram; whole frames come out again.
nat :: Nat(EXTERNAL 203.0.113.1);
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIPHeader -> out :: TranslateOut(nat) -> Unstrip(14) -> ToDump(outside.pcap);
