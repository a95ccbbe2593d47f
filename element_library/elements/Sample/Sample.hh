// Sample(N): lets one packet of every N through.
//
// Ports: 1 input, agnostic; output 0, agnostic, for every Nth packet, the first one included; optional output 1, push,
// for the others (else dropped). Systematic count-based sampling (RFC 5475 section 5.1); traffic with a rhythm of its
// own is better sampled by RandomSample. N is 1 to 1000000000. Handlers: n (rw).
#pragma once

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/live_handlers/live_handlers.hh"

namespace clickup {

class Sample : public Element {
 public:
  static constexpr uint32_t kMost = 1'000'000'000;

  void configure(Arguments& arguments, Errors& errors) override {
    arguments.positional("N", n_).finish(errors);
    if (n_ == 0 || n_ > kMost) errors.add("N is 1 to " + std::to_string(kMost) + ", not " + std::to_string(n_));
  }

  void add_handlers(HandlerTable& handlers) override { live_number(handlers, *this, "n", "N", n_, 1, kMost); }

  void process(Batch& batch) override {
    Batch rest;
    filter_batch(batch, rest, [this](const Packet&) {
      if (wait_ == 0 || wait_ >= n_) wait_ = n_;
      return wait_-- == n_;
    });
    if (!rest.empty()) push_or_release(1, rest);
  }

 private:
  uint32_t n_ = 1;
  uint32_t wait_ = 0;  // packets until the next one is due
};

}  // namespace clickup
