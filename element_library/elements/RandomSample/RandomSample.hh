// RandomSample([P] [SAMPLE P | DROP Q] [ACTIVE]): lets each packet through with a probability.
//
// Ports: 1 input, agnostic; output 0, agnostic, for the packets drawn; optional output 1, push, for the others (else
// dropped). Each packet is drawn by itself (RFC 5475 section 5.2.2.2).
// Parameters: P or SAMPLE, the probability, 0 to 1; or DROP, that of not being drawn; ACTIVE, false lets all through.
// Handlers: sampling_prob, drop_prob (rw), active (rw); drops (r), packets not drawn, continuing in the next worker.
#pragma once

#include <cmath>

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/kept_counter/kept_counter.hh"
#include "support/live_handlers/live_handlers.hh"
#include "support/random/random.hh"

namespace clickup {

class RandomSample : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    double given = -1, sample = -1, drop = -1;
    arguments.positional("P", given, false).keyword("SAMPLE", sample).keyword("DROP", drop);
    arguments.keyword("ACTIVE", active_).finish(errors);
    if ((given >= 0) + (sample >= 0) + (drop >= 0) != 1) errors.add("give one of P, SAMPLE and DROP, from 0 to 1");
    double probability = given >= 0 ? given : sample >= 0 ? sample : 1 - drop;
    if (probability < 0 || probability > 1) errors.add("a probability is 0 to 1");
    set_probability(probability);
  }

  void initialize(Host& host, Errors& errors) override { drops_.open(*this, "drops", host, errors); }

  void add_handlers(HandlerTable& handlers) override {
    add_probability(handlers, "sampling_prob", false);
    add_probability(handlers, "drop_prob", true);
    live_flag(handlers, *this, "active", "ACTIVE", active_);
    handlers.read("drops", [this] { return drops_.text(); });
  }

  void process(Batch& batch) override {
    if (!active_) return;
    Batch rest;
    filter_batch(batch, rest, [this](const Packet&) { return random_.next() >> 32 < threshold_; });
    if (rest.empty()) return;
    drops_.add(rest);
    push_or_release(1, rest);
  }

 private:
  void set_probability(double probability) {
    probability_ = probability;
    threshold_ = uint64_t(std::llround(probability * 0x1p32));
  }

  void add_probability(HandlerTable& handlers, const char* name, bool inverse) {
    handlers.read(name, [this, inverse] { return real_text(inverse ? 1 - probability_ : probability_); });
    handlers.write(name, [this, name, inverse](std::string_view value) {
      double probability = 0;
      if (!parse_real(value, probability) || probability < 0 || probability > 1)
        return std::string(name) + " is 0 to 1";
      set_probability(inverse ? 1 - probability : probability);
      set_keyword(given_as(), real_text(given_as() == "DROP" ? 1 - probability_ : probability_));
      return std::string();
    });
  }

  // The one of the three keywords that the configuration has, so that it never gets two.
  std::string given_as() const {
    for (const std::string& argument : configuration()) {
      for (const char* keyword : {"SAMPLE", "DROP"}) {
        if (argument.starts_with(keyword)) return keyword;
      }
    }
    return "P";
  }

  static std::string real_text(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", value);
    return text;
  }

  double probability_ = 1;
  uint64_t threshold_ = 0;  // of 2^32
  bool active_ = true;
  Random random_{realtime_ns() ^ uint64_t(reinterpret_cast<uintptr_t>(this))};
  KeptCounter drops_;
};

}  // namespace clickup
