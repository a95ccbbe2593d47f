// PrioSched: takes packets from the first of its inputs that has any.
//
// Ports: 1 or more inputs, pull; 1 output, pull. Input 0 comes first: as long as it has packets the others wait.
#pragma once

#include <algorithm>

#include "driver/element.hh"

namespace clickup {

class PrioSched : public Element {
 public:
  void pull(int, Batch& batch, uint32_t limit) override {
    uint32_t most = batch.count + std::min(limit, kBatchSize - batch.count);
    for (int i = 0; i < input_count() && batch.count < most; ++i) input(i).pull(batch, most - batch.count);
  }
};

}  // namespace clickup
