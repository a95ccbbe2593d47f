// RoundRobinSwitch: sends packets to its outputs in turn, one packet each.
//
// Ports: 1 input, push; 1 or more outputs, push.
#pragma once

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"

namespace clickup {

class RoundRobinSwitch : public Element {
 public:
  void push(int, Batch& batch) override {
    split_batch(*this, batch, [this](const Packet&) {
      int output = next_;
      next_ = output + 1 == output_count() ? 0 : output + 1;
      return output;
    });
  }

 private:
  int next_ = 0;
};

}  // namespace clickup
