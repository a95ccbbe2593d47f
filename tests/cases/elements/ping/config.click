// Echo requests are answered, everything else leaves by output 1.
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIPHeader -> p :: ICMPPingResponder -> ToDump(replies.pcap) -> Discard;
p[1] -> ToDump(others.pcap) -> Discard;
