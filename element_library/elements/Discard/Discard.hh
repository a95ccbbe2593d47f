// Discard([ACTIVE, BURST]): drops every packet. On a pull path it pulls whenever it is scheduled.
//
// Ports: 1 input, agnostic; no output.
// Parameters: ACTIVE, false stops pulling (true); BURST, packets pulled at once (64).
// Handlers: count (r), reset_counts (w), active (rw), burst (r). The count goes on in the next worker.
#pragma once

#include <algorithm>

#include "driver/element.hh"

namespace clickup {

class Discard : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.keyword("ACTIVE", active_).keyword("BURST", burst_).finish(errors);
    burst_ = std::clamp(burst_, 1u, kBatchSize);
  }

  void initialize(Host& host, Errors& errors) override { find_counter("", slot_, host, errors); }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("count", [this] { return std::to_string(slot_->packets); });
    handlers.write("reset_counts", [this](std::string_view) {
      *slot_ = {};
      return std::string();
    });
    handlers.read("active", [this] { return std::string(active_ ? "true" : "false"); });
    handlers.write("active", [this](std::string_view value) {
      if (!parse_bool(value, active_)) return std::string("active is true or false");
      set_keyword("ACTIVE", value);
      return std::string();
    });
    handlers.read("burst", [this] { return std::to_string(burst_); });
  }

  bool has_task() const override { return input_is_pull(0); }
  bool run_task() override {
    if (!active_) return false;
    Batch batch;
    input(0).pull(batch, burst_);
    bool moved = !batch.empty();
    push(0, batch);
    return moved;
  }

  void push(int, Batch& batch) override {
    slot_->packets += batch.count;
    for (Packet* packet : batch) slot_->bytes += packet->length;
    batch.release();
  }

 private:
  CounterSlot local_{};  // until initialised
  CounterSlot* slot_ = &local_;
  bool active_ = true;
  uint32_t burst_ = kBatchSize;
};

}  // namespace clickup
