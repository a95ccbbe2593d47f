// Frames into the tunnel and out of it again; what is of another network, port or end stays outside.
FromDump(in.pcap, STOP true) -> c :: Classifier(0/45, -);
c[0] -> CheckIPHeader -> wire :: VXLANDecap(7, REMOTE 192.0.2.1); wire[0] -> ToDump(wire.pcap) -> Discard; wire[1] -> ToDump(others.pcap) -> Discard;
c[1] -> t :: Tee(2);
t[0] -> into :: VXLANEncap(192.0.2.1, 192.0.2.2, 7, DF true) -> CheckIPHeader -> back :: VXLANDecap(7) -> ToDump(back.pcap) -> Discard;
t[1] -> VXLANEncap(2001:db8::1, 2001:db8::2, 0xabcdef, PORT 8472) -> CheckIP6Header -> CheckUDPHeader
  -> VXLANDecap(0xabcdef, PORT 8472, REMOTE 2001:db8::1) -> ToDump(back6.pcap) -> Discard;
