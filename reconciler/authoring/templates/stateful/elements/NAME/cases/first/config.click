// What the case shows, in a line.
senders :: ${NAME}Table;
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIPHeader -> tried :: $NAME(senders) -> Unstrip(14) -> ToDump(known.pcap) -> Discard;
tried[1] -> Unstrip(14) -> ToDump(new.pcap) -> Discard;
