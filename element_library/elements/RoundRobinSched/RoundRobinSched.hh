// RoundRobinSched: takes packets from its inputs in turn, one packet each; empty inputs are passed over.
//
// Ports: 1 or more inputs, pull; 1 output, pull.
#pragma once

#include <algorithm>

#include "driver/element.hh"

namespace clickup {

class RoundRobinSched : public Element {
 public:
  void pull(int, Batch& batch, uint32_t limit) override {
    uint32_t most = batch.count + std::min(limit, kBatchSize - batch.count);
    for (int empty = 0; empty < input_count() && batch.count < most;) {
      uint32_t before = batch.count;
      input(next_).pull(batch, 1);
      next_ = next_ + 1 == input_count() ? 0 : next_ + 1;
      empty = batch.count == before ? empty + 1 : 0;
    }
  }

 private:
  int next_ = 0;
};

}  // namespace clickup
