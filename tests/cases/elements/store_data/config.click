// Two bytes are written over others; a packet that ends there gets what fits, a shorter one none.
FromDump(in.pcap, STOP true) -> StoreData(3, \<fffe>) -> ToDump(out.pcap) -> Discard;
