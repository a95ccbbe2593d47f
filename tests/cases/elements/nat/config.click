// Both ways through one file: what begins inside comes from 10/8, and each answer finds its host.
nat :: Nat(EXTERNAL 203.0.113.1, FORWARDS "tcp 203.0.113.1:8080 -> 10.0.0.2:80", CAPACITY 64);
FromDump(in.pcap, STOP true) -> Unqueue(BURST 1) -> Strip(14) -> CheckIPHeader -> way :: IPClassifier(src net 10.0.0.0/8, -);
way[0] -> out :: TranslateOut(nat) -> ToDump(outside.pcap, ENCAP IP);
way[1] -> in :: TranslateIn(nat) -> ToDump(inside.pcap, ENCAP IP);
in[1] -> ToDump(unsolicited.pcap, ENCAP IP);
