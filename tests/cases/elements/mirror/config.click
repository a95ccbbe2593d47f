// Both ends swapped, checksums as they were.
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIPHeader -> IPMirror -> Unstrip(14) -> ToDump(out.pcap) -> Discard;
