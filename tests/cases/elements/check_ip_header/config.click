// Every reason to refuse an IPv4 header; padding is cut off, refused packets leave as they came.
FromDump(in.pcap, STOP true)
  -> check :: CheckIPHeader(14, BADSRC 10.0.0.66, GOODDST 10.0.0.99, DETAILS true, VERBOSE true);
check[0] -> ToDump(good.pcap) -> Discard;
check[1] -> ToDump(bad.pcap) -> Discard;
