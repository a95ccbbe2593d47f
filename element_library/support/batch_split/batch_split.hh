// Splits a batch over an element's outputs.
#pragma once

#include <bit>

#include "driver/element.hh"

namespace clickup {

inline constexpr int kNoOutput = 0x7fffffff;  // any number that is no output drops the packet

// One bit per packet of a batch, lowest first.
using PacketMask = uint64_t;
static_assert(kBatchSize == 64);

// All packets of a batch that is not empty.
inline PacketMask all_packets(const Batch& batch) { return ~PacketMask(0) >> (kBatchSize - batch.count); }

// Which packets of a batch go to which output. Lives on the stack, so that an output may lead back into the same
// element.
class BatchSplit {
 public:
  void add(PacketMask packets, int output) {
    if (packets == 0) return;
    for (uint32_t i = 0; i < count_; ++i) {
      if (parts_[i].output != output) continue;
      parts_[i].packets |= packets;
      return;
    }
    parts_[count_++] = {packets, output};
  }

  // Hands each output its packets as one batch, in their order. Every packet must have been added once.
  void push(const Element& element, Batch& batch) const {
    for (uint32_t i = 0; i < count_; ++i) {
      if (parts_[i].packets == all_packets(batch)) return push_part(element, parts_[i].output, batch);
      Batch part;
      for (PacketMask left = parts_[i].packets; left != 0; left &= left - 1) {
        part.add(batch.items[std::countr_zero(left)]);
      }
      push_part(element, parts_[i].output, part);
    }
    batch.count = 0;
  }

 private:
  struct Part {
    PacketMask packets;
    int output;
  };

  static void push_part(const Element& element, int output, Batch& part) {
    if (output >= 0 && output < element.output_count()) {
      element.output(output).push(part);
    } else {
      part.release();
    }
  }

  uint32_t count_ = 0;
  Part parts_[kBatchSize];
};

// Sends each packet of `batch` to the output that `choose(packet)` names.
template <typename Choose>
void split_batch(const Element& element, Batch& batch, Choose&& choose) {
  BatchSplit split;
  for (uint32_t i = 0; i < batch.count; ++i) split.add(PacketMask(1) << i, choose(*batch.items[i]));
  split.push(element, batch);
}

// Leaves in `batch` the packets for which `keep(packet)` is true, and puts the others, in order, into `rest`. What
// `keep` calls becomes part of the loop, unless it is declared noinline.
template <typename Keep>
[[gnu::flatten]] void filter_batch(Batch& batch, Batch& rest, Keep&& keep) {
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
