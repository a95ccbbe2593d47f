// Stripping more than is there leaves an empty packet, and nothing behind it reads beyond the end.
FromDump(in.pcap, STOP true) -> Strip(14) -> ToDump(stripped.pcap) -> check :: CheckIPHeader -> Discard;
check[1] -> f :: IPFilter(allow tcp, 1 all);
f[0] -> Discard; f[1] -> n :: Counter -> Discard;
