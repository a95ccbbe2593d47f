// Tags on, off, over one another, and carried over as an annotation.
FromDump(in.pcap, STOP true) -> t :: Tee(6);
t[0] -> on :: VLANEncap(VLAN_ID 7, VLAN_PCP 5) -> ToDump(tagged.pcap) -> Discard;
t[1] -> VLANDecap -> ToDump(untagged.pcap) -> Discard;
t[2] -> VLANDecap -> VLANEncap(ANNO) -> ToDump(carried.pcap) -> Discard;
t[3] -> VLANEncap(0x0064, ETHERTYPE 0x88a8) -> ToDump(service.pcap) -> Discard;
t[4] -> VLANEncap(VLAN_ID 9, NATIVE_VLAN 9) -> ToDump(native.pcap) -> Discard;
t[5] -> VLANEncap(VLAN_ID 0, NATIVE_VLAN -1) -> ToDump(priority.pcap) -> Discard;
