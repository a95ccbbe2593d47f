// Handlers that elements call by themselves: when so many packets or bytes were counted, and after the last packet.
FromDump(in.pcap, END_CALL go.active true) -> all :: Counter(COUNT_CALL 3 never.active false) -> late :: Counter -> Discard;
never :: InfiniteSource(x, LIMIT 1, ACTIVE false) -> Discard;
go :: InfiniteSource(abc, LIMIT 5, ACTIVE false, END_CALL last.active true)
  -> some :: Counter(BYTE_COUNT_CALL 15 some.reset) -> Discard;
InfiniteSource(x, LIMIT 4) -> again :: Counter(COUNT_CALL 2 again.count_call 4 never.active false) -> Discard;
last :: InfiniteSource(x, LIMIT 2, ACTIVE false, END_CALL stop) -> end :: Counter -> Discard;
