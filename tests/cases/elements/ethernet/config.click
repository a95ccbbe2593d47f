// Addresses written, swapped and filtered by.
FromDump(in.pcap, STOP true) -> t :: Tee(7);
t[0] -> rewrite :: EtherRewrite(2:0:0:0:0:1, 2:0:0:0:0:2) -> ToDump(rewritten.pcap) -> Discard;
t[1] -> StoreEtherAddress(2:0:0:0:0:3, src) -> ToDump(source.pcap) -> Discard;
t[2] -> StoreEtherAddress(2:0:0:0:0:4, 20) -> ToDump(anywhere.pcap) -> Discard;
t[3] -> EtherMirror -> ToDump(mirrored.pcap) -> Discard;
t[4] -> host :: HostEtherFilter(02-00-00-00-00-0b) -> ToDump(for_host.pcap) -> Discard; host[1] -> ToDump(others.pcap) -> Discard;
t[5] -> HostEtherFilter(02-00-00-00-00-0a, DROP_OWN true, DROP_OTHER false) -> ToDump(not_own.pcap) -> Discard;
t[6] -> HostEtherFilter(02-00-00-00-00-0b, DROP_OTHER false) -> groups :: DropBroadcasts -> ToDump(single.pcap) -> Discard;
groups[1] -> ToDump(groups.pcap) -> Discard;
