// EtherMirror: swaps the addresses of the Ethernet header.
//
// Ports: 1 input, 1 output, agnostic. Packets too short for a header pass as they are.
#pragma once

#include <algorithm>

#include "driver/element.hh"

namespace clickup {

class EtherMirror : public Element {
 public:
  void process(Batch& batch) override {
    for (Packet* packet : batch) {
      uint8_t* frame = packet->data();
      if (packet->length >= 14) std::swap_ranges(frame, frame + 6, frame + 6);
    }
  }
};

}  // namespace clickup
