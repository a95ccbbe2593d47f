// IP packets in words.
FromDump(in.pcap, STOP true) -> c :: Classifier(12/0800, -);
c[0] -> Strip(14) -> CheckIPHeader -> four :: IPPrint(four, TIMESTAMP false) -> more :: IPPrint(TTL true, TOS true, ID true, LENGTH true, PAINT true, PAYLOAD ASCII) -> Discard;
c[1] -> Strip(14) -> CheckIP6Header -> six :: IPPrint(TIMESTAMP false) -> Discard;
