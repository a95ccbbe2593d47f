// Idle: never emits a packet, and discards what is pushed to it. Ends ports that nothing uses.
//
// Ports: any number of inputs and outputs, agnostic.
#pragma once

#include "driver/element.hh"

namespace clickup {

class Idle : public Element {
 public:
  void push(int, Batch& batch) override { batch.release(); }
  void pull(int, Batch&, uint32_t) override {}
};

}  // namespace clickup
