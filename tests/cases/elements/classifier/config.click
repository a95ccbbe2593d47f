// Byte patterns: masks, unknown digits, negation, packets that are too short; the rest is dropped.
FromDump(in.pcap, STOP true)
  -> c :: Classifier(12/0806 20/0001, 12/0800 23/06 !34/005?, 12/0899%ff00, 12/1111);
c[0] -> ToDump(requests.pcap) -> Discard;
c[1] -> ToDump(tcp.pcap) -> Discard;
c[2] -> ToDump(eight.pcap) -> Discard;
c[3] -> ToDump(ones.pcap) -> Discard;
