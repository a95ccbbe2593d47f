// Counter: counts packets and bytes and lets them through.
//
// Ports: 1 input, 1 output, agnostic.
// Handlers: count, byte_count (r); rate in packets/s, byte_rate in bytes/s, bit_rate in bits/s (r), exponentially
// weighted averages; reset, reset_counts (w) set everything to zero.
// The counts live in the host's counter slot of the element's name, so they go on in the next worker; the averages are
// the worker's own.
#pragma once

#include "driver/element.hh"
#include "support/rate_average/rate_average.hh"

namespace clickup {

class Counter : public Element {
 public:
  void initialize(Host& host, Errors& errors) override { find_counter("", slot_, host, errors); }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("count", [this] { return std::to_string(slot_->packets); });
    handlers.read("byte_count", [this] { return std::to_string(slot_->bytes); });
    handlers.read("rate", [this] { return rate_text(packets_.per_second(now_ns())); });
    handlers.read("byte_rate", [this] { return rate_text(bytes_.per_second(now_ns())); });
    handlers.read("bit_rate", [this] { return rate_text(bytes_.per_second(now_ns()) * 8); });
    handlers.write("reset", [this](std::string_view) { return reset(); });
    handlers.write("reset_counts", [this](std::string_view) { return reset(); });
  }

  void process(Batch& batch) override {
    uint64_t bytes = 0;
    for (Packet* packet : batch) bytes += packet->length;
    slot_->packets += batch.count;
    slot_->bytes += bytes;
    packets_.add(batch.count, now_ns());
    bytes_.add(bytes, now_ns());
  }

 private:
  std::string reset() {
    *slot_ = {};
    packets_.reset();
    bytes_.reset();
    return "";
  }

  CounterSlot local_{};  // until initialised
  CounterSlot* slot_ = &local_;
  RateAverage packets_, bytes_;
};

}  // namespace clickup
