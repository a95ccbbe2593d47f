// One backend: a packet of a client reaches it, its answer comes from the service, a stranger's packet stays as it is.
web :: BalanceTable(SERVICES "tcp 192.0.2.80:80", BACKENDS "10.0.0.1:8080", CAPACITY 64);
FromDump(in.pcap, STOP true) -> Unqueue(BURST 1) -> side :: Classifier(6/02000000000a, -);
side[0] -> Strip(14) -> CheckIPHeader -> balance :: Balance(web) -> Unstrip(14) -> ToDump(balanced.pcap) -> Discard;
balance[1] -> Unstrip(14) -> ToDump(other.pcap) -> Discard;
side[1] -> Strip(14) -> CheckIPHeader -> answers :: BalanceReverse(web) -> Unstrip(14) -> ToDump(answers.pcap) -> Discard;
answers[1] -> Unstrip(14) -> ToDump(outward.pcap) -> Discard;
