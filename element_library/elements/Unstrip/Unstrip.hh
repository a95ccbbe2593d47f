// Unstrip(LENGTH): puts back bytes that Strip took from the front of packets.
//
// Ports: 1 input, 1 output, agnostic. Bytes that were never there before are zero or what was in the buffer. Packets
// that would not fit into their buffer are dropped.
#pragma once

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/headroom/headroom.hh"

namespace clickup {

class Unstrip : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.positional("LENGTH", length_).finish(errors);
    if (length_ > kMaxPacket) errors.add("LENGTH is at most " + std::to_string(kMaxPacket) + " bytes");
  }

  void process(Batch& batch) override {
    Batch too_long;
    filter_batch(batch, too_long, [this](Packet& packet) { return make_headroom(packet, length_); });
    too_long.release();
  }

 private:
  uint32_t length_ = 0;
};

}  // namespace clickup
