// Strip(LENGTH): deletes bytes from the front of packets, as Strip(14) does with an Ethernet header.
//
// Ports: 1 input, 1 output, agnostic. A shorter packet goes on empty. Header positions stay known, so Unstrip undoes
// it.
#pragma once

#include <algorithm>

#include "driver/element.hh"

namespace clickup {

class Strip : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.positional("LENGTH", length_).finish(errors);
  }

  void process(Batch& batch) override {
    for (Packet* packet : batch) packet->strip(std::min(length_, packet->length));
  }

 private:
  uint32_t length_ = 0;
};

}  // namespace clickup
