// What the case shows, in a line.
FromDump(in.pcap, STOP true) -> tried :: $NAME(50) -> ToDump(passed.pcap) -> Discard;
tried[1] -> ToDump(longer.pcap) -> Discard;
