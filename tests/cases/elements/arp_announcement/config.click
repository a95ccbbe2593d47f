// Who announces or claims its own address is not told that it is taken.
FromDump(in.pcap, STOP true) -> r :: ARPResponder(0.0.0.0/0 2:0:0:0:0:1, 192.0.2.1 02-00-00-00-00-02) -> ToDump(replies.pcap) -> Discard;
r[1] -> ToDump(others.pcap) -> Discard;
