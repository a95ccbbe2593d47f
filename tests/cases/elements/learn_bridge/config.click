// What is for bridges themselves is not forwarded.
s :: StationTable(CAPACITY 16);
FromDump(in.pcap, STOP true) -> from :: Classifier(12/8801, 12/8802);
b :: LearnBridge(s, one, two);
from[0] -> [0]b[0] -> ToDump(one.pcap) -> Discard;
from[1] -> [1]b[1] -> ToDump(two.pcap) -> Discard;
