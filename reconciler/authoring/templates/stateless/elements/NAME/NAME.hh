// $NAME([LIMIT]): lets packets up to a length through.
//
// Ports: 1 input, agnostic; output 0, agnostic; optional output 1, push, for longer packets (else dropped).
#pragma once

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/kept_counter/kept_counter.hh"
#include "support/live_handlers/live_handlers.hh"

namespace clickup {

class $NAME : public Element {
 public:
  // Reads the arguments; everything that is wrong is reported at once.
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.positional("LIMIT", limit_, false).finish(errors);
    if (limit_ < 1 || limit_ > kMaxPacket) errors.add("LIMIT is 1 to 9216 bytes, not " + std::to_string(limit_));
  }

  // Takes up what an earlier worker left: this count goes on across upgrades.
  void initialize(Host& host, Errors& errors) override { longer_.open(*this, "longer", host, errors); }

  void add_handlers(HandlerTable& handlers) override {
    live_number(handlers, *this, "limit", "LIMIT", limit_, 1, kMaxPacket);
    handlers.read("longer", [this] { return longer_.text(); });
  }

  // What stays in the batch goes on through output 0.
  void process(Batch& batch) override {
    Batch longer;
    filter_batch(batch, longer, [this](const Packet& packet) { return packet.length <= limit_; });
    if (longer.empty()) return;
    longer_.add(longer);
    push_or_release(1, longer);
  }

 private:
  uint32_t limit_ = 1500;
  KeptCounter longer_;
};

}  // namespace clickup
