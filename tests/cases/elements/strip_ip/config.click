// The outer header off, options included; the inner packet gets its own check.
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIPHeader -> StripIPHeader -> CheckIPHeader -> ToDump(out.pcap) -> Discard;
