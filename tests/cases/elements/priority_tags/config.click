// Tags of no VLAN go, however many there are; tags of a VLAN stay, with what lies behind them.
FromDump(in.pcap, STOP true) -> PriorityTagDecap -> ToDump(out.pcap) -> Discard;
