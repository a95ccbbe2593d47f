// ICMP errors reach whoever sent what they quote, which looks as it was sent.
nat :: Nat(EXTERNAL 203.0.113.1);
FromDump(in.pcap, STOP true) -> Unqueue(BURST 1) -> Strip(14) -> CheckIPHeader -> way :: IPClassifier(src net 10.0.0.0/8, -);
way[0] -> out :: TranslateOut(nat) -> ToDump(outside.pcap, ENCAP IP);
way[1] -> in :: TranslateIn(nat) -> ToDump(inside.pcap, ENCAP IP);
in[1] -> Discard; in[2] -> Discard; in[3] -> ToDump(invalid.pcap, ENCAP IP);
