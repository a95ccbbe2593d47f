// Click's notation: a gateway of zero is none; a mask may be a word of its own.
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIP6Header
  -> route :: LookupIP6Route(2001:db8:1::/48 ::0 0, 2001:db8:: ffff:ffff:: fe80::1 1, ::/0 ::0 2);
route[0] -> ToDump(near.pcap) -> Discard; route[1] -> ToDump(far.pcap) -> Discard; route[2] -> ToDump(rest.pcap) -> Discard;
