// An element that passes good packets.
#pragma once

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/kept_counter/kept_counter.hh"

namespace clickup {

// Good packets leave by output 0; bad ones are counted and leave by the optional output 1, else they are dropped. The
// subclass, `Check`, has bool accept(Packet&).
template <class Check>
class PacketCheck : public Element {
 public:
  void initialize(Host& host, Errors& errors) override { drops_.open(*this, "drops", host, errors); }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("drops", [this] { return drops_.text(); });
  }

  void process(Batch& batch) override {
    Batch bad;
    filter_batch(batch, bad, [this](Packet& packet) { return static_cast<Check*>(this)->accept(packet); });
    if (bad.empty()) return;
    drops_.add(bad);
    push_or_release(1, bad);
  }

 private:
  KeptCounter drops_;
};

}  // namespace clickup
