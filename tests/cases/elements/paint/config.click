// Paint chooses the output; 255 means all of them, a paint without an output none.
FromDump(in.pcap, STOP true) -> t :: Tee;
t[0] -> Paint(1) -> s :: PaintSwitch;
t[1] -> Paint(255) -> s;
t[2] -> Paint(9) -> s;
s[0] -> Null -> zero :: Counter -> Discard;
s[1] -> one :: Counter -> Discard;
Idle -> Discard;
