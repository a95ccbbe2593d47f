// Seventeen flows in room for sixteen: the collector is told of the one that makes room. What no two runs share is set to zero: the
// time of a message, its checksum, the times of the flow.
flows :: FlowTable(CAPACITY 16);
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIPHeader -> meter :: MeterFlows(flows) -> Unstrip(14) -> ToDump(metered.pcap) -> Discard;
export :: ExportFlows(flows, COLLECTOR 198.51.100.7, SOURCE 192.0.2.9, SOURCE_PORT 2055)
  -> StoreData(26, \<0000>) -> StoreData(32, \<00000000>) -> sets :: Classifier(44/0002, -);
sets[0] -> ToDump(templates.pcap, ENCAP IP);
sets[1] -> StoreData(69, \<00000000000000000000000000000000>) -> ToDump(reports.pcap, ENCAP IP);
