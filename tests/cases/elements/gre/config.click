// Into the tunnel and out of it again, with and without key and checksum; what is of another tunnel stays outside.
FromDump(in.pcap, STOP true) -> c :: Classifier(12/0806, 12/0800 23/2f, 12/0800, 12/86dd);
c[0] -> Discard;
c[2] -> Strip(14) -> t :: Tee(3);
c[3] -> Strip(14) -> t;
t[0] -> GREEncap(192.0.2.1, 192.0.2.2) -> ToDump(plain.pcap) -> CheckIPHeader -> GREDecap(REMOTE 192.0.2.1) -> out :: ToDump(out4.pcap) -> Discard;
t[1] -> GREEncap(192.0.2.1, 192.0.2.2, KEY 7, CHECKSUM true, TOS 0xb8, DF true) -> ToDump(keyed.pcap) -> CheckIPHeader
  -> keyed :: GREDecap(KEY 7);
keyed[0] -> out4k :: Counter -> Discard; keyed[1] -> out6k :: Counter -> Discard;
keyed[2] -> Discard; keyed[3] -> othersk :: Counter -> Discard;
t[2] -> Unstrip(14) -> GREEncap(2001:db8::1, 2001:db8::2, FRAMES true) -> ToDump(frames.pcap) -> CheckIP6Header
  -> frames :: GREDecap(LOCAL 2001:db8::2);
frames[0] -> Discard; frames[1] -> Discard; frames[2] -> ToDump(out_frames.pcap) -> Discard; frames[3] -> Discard;
c[1] -> Strip(14) -> CheckIPHeader -> wire :: GREDecap(REMOTE 192.0.2.1);
wire[0] -> ToDump(wire4.pcap) -> Discard; wire[1] -> ToDump(wire6.pcap) -> Discard;
wire[2] -> ToDump(wire_frames.pcap) -> Discard; wire[3] -> ToDump(others.pcap) -> Discard;
