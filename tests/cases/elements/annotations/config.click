// Annotations other than the paint, by name and by number.
i :: FromDump(in.pcap, STOP true) -> Paint(7, ANNO 17) -> Paint(3, FIX_IP_SRC) -> t :: Tee(3);
t[0] -> none :: CheckPaint(7) -> paint :: Counter -> Discard; none[1] -> one :: CheckPaint(7, 17) -> seven :: Counter
  -> two :: PaintTee(7, ANNO ICMP_PARAMPROB) -> Discard; two[1] -> copy :: Counter -> Discard;
t[1] -> s :: PaintSwitch(19); s[0] -> Discard; s[1] -> Discard; s[2] -> Discard; s[3] -> three :: Counter -> Discard;
t[2] -> GetIPAddress(0, 24) -> p :: Print(x, 1, PRINTANNO true) -> StoreEtherAddress(OFFSET 0, ANNO 24)
  -> ToDump(stored.pcap) -> Discard;
