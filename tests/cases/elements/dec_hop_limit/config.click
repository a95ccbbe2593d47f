// DecIPTTL and DecIP6HLIM on IPv6; what is not marked as IPv6 has no hop to take.
FromDump(in.pcap, STOP true) -> Strip(14) -> CheckIP6Header -> t :: Tee(2);
t[0] -> either :: DecIPTTL -> Unstrip(14) -> ToDump(either.pcap) -> Discard;
either[1] -> Unstrip(14) -> ToDump(either_expired.pcap) -> Discard;
t[1] -> six :: DecIP6HLIM -> Unstrip(14) -> ToDump(six.pcap) -> Discard;
six[1] -> Unstrip(14) -> ToDump(six_expired.pcap) -> Discard;
