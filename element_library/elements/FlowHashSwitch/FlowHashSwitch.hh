// FlowHashSwitch([BY]): sends all packets of an IP flow to the same output, flows evenly to all.
//
// Ports: 1 input, push; 1 or more outputs, push. The IP header must be marked; other packets are sent to output 0.
// Another number of outputs moves as few flows as can be. Fragments of a datagram stay together.
// Parameters: BY, what makes a flow: FLOW (addresses, protocol and ports) or ADDRESSES, both the same for both
// directions, SOURCE or DESTINATION (FLOW).
#pragma once

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/flow_hash/flow_hash.hh"

namespace clickup {

class FlowHashSwitch : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string by = "FLOW";
    arguments.positional("BY", by, false).finish(errors);
    for (char& c : by) c = char(toupper(static_cast<unsigned char>(c)));
    if (by == "FLOW") part_ = FlowPart::flow;
    else if (by == "ADDRESSES") part_ = FlowPart::addresses;
    else if (by == "SOURCE") part_ = FlowPart::source;
    else if (by == "DESTINATION") part_ = FlowPart::destination;
    else errors.add("BY is FLOW, ADDRESSES, SOURCE or DESTINATION, not '" + by + "'");
  }

  void push(int, Batch& batch) override {
    split_batch(*this, batch, [this](Packet& packet) {
      IpPacket read;
      return read_ip_packet(packet, read) ? consistent_bucket(flow_hash(read, part_), output_count()) : 0;
    });
  }

 private:
  FlowPart part_ = FlowPart::flow;
};

}  // namespace clickup
