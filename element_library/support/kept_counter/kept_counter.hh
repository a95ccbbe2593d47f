// A count of packets and bytes that continues in the next worker.
#pragma once

#include <string>

#include "driver/element.hh"

namespace clickup {

class KeptCounter {
 public:
  KeptCounter() = default;
  KeptCounter(const KeptCounter&) = delete;
  KeptCounter& operator=(const KeptCounter&) = delete;

  // For Element::initialize: continues the count that an earlier worker left under the same element and word.
  void open(const Element& element, const char* word, Host& host, Errors& errors) {
    element.find_counter(word, slot_, host, errors);
  }

  void add(const Packet& packet) {
    ++slot_->packets;
    slot_->bytes += packet.length;
  }
  void add(const Batch& batch) {
    for (uint32_t i = 0; i < batch.count; ++i) add(*batch.items[i]);
  }
  void add(uint64_t packets, uint64_t bytes) {
    slot_->packets += packets;
    slot_->bytes += bytes;
  }
  uint64_t packets() const { return slot_->packets; }
  std::string text() const { return std::to_string(packets()); }

 private:
  CounterSlot local_{};  // until opened
  CounterSlot* slot_ = &local_;
};

}  // namespace clickup
