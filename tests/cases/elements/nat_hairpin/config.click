// Two hosts inside meet at the outside address.
nat :: Nat(EXTERNAL 203.0.113.1);
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIPHeader -> out :: TranslateOut(nat);
out[0] -> ToDump(outside.pcap, ENCAP IP);
out[1] -> ToDump(back.pcap, ENCAP IP);
out[2] -> ToDump(nobody.pcap, ENCAP IP);
