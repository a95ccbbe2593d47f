// A pattern that two segments part is found with the second; what the stream carries afterwards leaves by match too.
sessions :: SessionTable(CAPACITY 64);
streams :: StreamTable(CAPACITY 64);
FromDump(in.pcap, STOP true) -> Unqueue(BURST 1) -> Strip(14) -> CheckIPHeader -> check :: CheckSession(sessions);
check[0] -> inspect :: MatchPatterns(sessions, streams, RULES "7 \"GET /admin\" nocase", ALERTS alerts.json);
check[1] -> OpenSession(sessions) -> inspect;
inspect[0] -> Unstrip(14) -> ToDump(clean.pcap) -> Discard;
inspect[1] -> Unstrip(14) -> ToDump(match.pcap) -> Discard;
