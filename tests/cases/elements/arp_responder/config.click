// Requests for known addresses are answered; what is no request leaves by output 1.
FromDump(in.pcap, STOP true) -> r :: ARPResponder(192.0.2.1 2:0:0:0:0:1, 198.51.100.0/24 203.0.113.5 2:0:0:0:0:2) -> ToDump(replies.pcap) -> Discard;
r[1] -> ToDump(others.pcap) -> Discard;
