// The longest prefix wins, whatever class looks it up; no route, no output.
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIPHeader -> t :: Tee(6);
t[0] -> one :: StaticIPLookup(10.0.0.0/8 0, 10.1/16 192.0.2.1 1, 10.1.2.3/32 2, 10.1.2.0/255.255.255.0 2);
t[1] -> two :: LinearIPLookup(10.0.0.0/8 0, 10.1.0.0/16 192.0.2.1 1, 10.1.2.3 2, 10.1.2.0/24 2);
t[2] -> three :: SortedIPLookup(10.0.0.0/8 0, 10.1.0.0/16 192.0.2.1 1, 10.1.2.3 2, 10.1.2.0/24 2);
t[3] -> four :: RadixIPLookup(10.0.0.0/8 0, 10.1.0.0/16 - 1, 10.1.2.3 2, 10.1.2.0/24 2);
t[4] -> five :: DirectIPLookup(0/0 3, 10.0.0.0/8 0, 10.1.0.0/16 192.0.2.1 1, 10.1.2.3 2, 10.1.2.0/24 2);
t[5] -> six :: RangeIPLookup(10.0.0.0/8 0, 10.1.0.0/16 192.0.2.1 1, 10.1.2.3 2, 10.1.2.0/24 2);
one[0] -> ToDump(one0.pcap) -> Discard; one[1] -> ToDump(one1.pcap) -> Discard; one[2] -> ToDump(one2.pcap) -> Discard;
two[0] -> ToDump(two0.pcap) -> Discard; two[1] -> ToDump(two1.pcap) -> Discard; two[2] -> ToDump(two2.pcap) -> Discard;
three[0] -> ToDump(three0.pcap) -> Discard; three[1] -> ToDump(three1.pcap) -> Discard; three[2] -> ToDump(three2.pcap) -> Discard;
four[0] -> ToDump(four0.pcap) -> Discard; four[1] -> ToDump(four1.pcap) -> Discard; four[2] -> ToDump(four2.pcap) -> Discard;
five[0] -> ToDump(five0.pcap) -> Discard; five[1] -> ToDump(five1.pcap) -> Discard; five[2] -> ToDump(five2.pcap) -> Discard;
five[3] -> ToDump(five3.pcap) -> Discard;
six[0] -> ToDump(six0.pcap) -> Discard; six[1] -> ToDump(six1.pcap) -> Discard; six[2] -> ToDump(six2.pcap) -> Discard;
