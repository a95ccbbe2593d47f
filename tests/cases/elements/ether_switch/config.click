// Where a station was heard its frames go, and nowhere when they come from there; the rest goes everywhere else.
FromDump(in.pcap, STOP true) -> from :: Classifier(12/8801, 12/8802, 12/8803);
b :: EtherSwitch;
from[0] -> [0]b[0] -> ToDump(one.pcap) -> Discard;
from[1] -> [1]b[1] -> ToDump(two.pcap) -> Discard;
from[2] -> [2]b[2] -> ToDump(three.pcap) -> Discard;
