// What makes an IPv6 header bad; padding is cut off, without output 1 bad packets are dropped.
FromDump(in.pcap, STOP true)
  -> check :: CheckIP6Header(2001:db8::66 2001:db8::67, OFFSET 14) -> ToDump(good.pcap) -> Discard;
