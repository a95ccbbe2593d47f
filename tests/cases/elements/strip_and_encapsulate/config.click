// Headers off and on again, beyond the headroom too; packets that are too short become empty.
FromDump(in.pcap, STOP true) -> t :: Tee(3);
t[0] -> Strip(14) -> Unstrip(14) -> ToDump(same.pcap) -> Discard;
t[1] -> Strip(14) -> EtherEncap(0x86dd, 2:0:0:0:0:1, 02-00-00-00-00-02) -> ToDump(encapsulated.pcap) -> Discard;
t[2] -> Unstrip(200) -> Strip(200) -> ToDump(moved.pcap) -> Discard;
