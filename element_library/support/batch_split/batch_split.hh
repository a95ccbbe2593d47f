// Splits a batch over an element's outputs.
#pragma once

#include "driver/element.hh"

namespace clickup {

inline constexpr int kNoOutput = 0x7fffffff;  // any number that is no output drops the packet

// Sends each packet of `batch` to the output that `choose(packet)` names. Packets of one output keep their order; they
// are handed on as one batch. Everything lives on the stack, so an output may lead back into the same element.
template <typename Choose>
void split_batch(const Element& element, Batch& batch, Choose&& choose) {
  int outputs[kBatchSize];
  for (uint32_t i = 0; i < batch.count; ++i) outputs[i] = choose(*batch.items[i]);
  while (!batch.empty()) {
    int output = outputs[0];
    Batch chosen;
    uint32_t left = 0;
    for (uint32_t i = 0; i < batch.count; ++i) {
      if (outputs[i] == output) {
        chosen.add(batch.items[i]);
      } else {
        outputs[left] = outputs[i];
        batch.items[left++] = batch.items[i];
      }
    }
    batch.count = left;
    if (output >= 0 && output < element.output_count()) {
      element.output(output).push(chosen);
    } else {
      chosen.release();
    }
  }
}

// Leaves in `batch` the packets for which `keep(packet)` is true, and puts the others, in order, into `rest`.
template <typename Keep>
void filter_batch(Batch& batch, Batch& rest, Keep&& keep) {
  uint32_t kept = 0;
  for (Packet* packet : batch) {
    if (keep(*packet)) {
      batch.items[kept++] = packet;
    } else {
      rest.add(packet);
    }
  }
  batch.count = kept;
}

}  // namespace clickup
