// A copy of what has the paint; what has another leaves aside.
FromDump(in.pcap, STOP true) -> t :: Tee(2);
t[0] -> Paint(7) -> tee :: PaintTee(7) -> all :: Counter -> Discard; tee[1] -> copies :: Counter -> Discard;
t[1] -> check :: CheckPaint(7) -> never :: Counter -> Discard; check[1] -> other :: Counter -> Discard;
