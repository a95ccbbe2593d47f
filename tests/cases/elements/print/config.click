// The log shows lengths and contents as they are asked for.
FromDump(in.pcap, STOP true) -> Print -> Print(text, 20, CONTENTS ASCII) -> Print(all, -1, TIMESTAMP true)
  -> Print(CONTENTS NONE) -> Print(silent, ACTIVE false) -> Discard;
