// Outputs by number: one for good, one that can change, none, all in turn.
FromDump(in.pcap, STOP true) -> t :: Tee(4);
t[0] -> s :: Switch(1); s[0] -> never :: Counter -> Discard; s[1] -> ToDump(switched.pcap) -> Discard;
t[1] -> n :: Switch(-1) -> none :: Counter -> Discard;
t[2] -> f :: StaticSwitch(0); f[0] -> ToDump(fixed.pcap) -> Discard; f[1] -> Discard;
t[3] -> r :: RoundRobinSwitch;
r[0] -> ToDump(first.pcap) -> Discard; r[1] -> ToDump(second.pcap) -> Discard; r[2] -> ToDump(third.pcap) -> Discard;
