// Errors that quote the packet, and packets that must not have one.
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIPHeader
  -> ICMPError(192.0.2.1, timeexceeded, transit) -> ToDump(exceeded.pcap) -> Discard;
