// Solicitations for known addresses are answered, for others' as a proxy; invalid ones are not.
FromDump(in.pcap, STOP true) -> r :: IP6NDAdvertiser(2001:db8::1 2:0:0:0:0:1, 2001:db8:: ffff:ffff:ffff:ffff:: 2:0:0:0:0:2) -> ToDump(replies.pcap) -> Discard;
r[1] -> ToDump(others.pcap) -> Discard;
