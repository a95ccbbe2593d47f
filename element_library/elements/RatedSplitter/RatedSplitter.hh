// RatedSplitter(RATE, [BURST_DURATION, BURST_SIZE]): parts what is within a rate from what is above it.
//
// Ports: 1 input, push; output 0, push, gets at most RATE packets/s; output 1, push, gets the others.
// Parameters: RATE in packets/s; the token bucket holds BURST_SIZE packets, or those of BURST_DURATION (20ms), at
// least one.
// Handlers: rate (rw), a live parameter.
#pragma once

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/rate_average/rate_average.hh"
#include "support/token_bucket/token_bucket.hh"

namespace clickup {

class RatedSplitter : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.positional("RATE", rate_).keyword_duration("BURST_DURATION", burst_seconds_);
    arguments.keyword("BURST_SIZE", burst_size_).finish(errors);
    if (rate_ < 0) errors.add("RATE is a number of packets per second, not " + rate_text(rate_));
    apply();
    bucket_.fill();
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("rate", [this] { return rate_text(rate_); });
    handlers.write("rate", [this](std::string_view value) {
      double rate = 0;
      if (!parse_real(value, rate) || rate < 0) return std::string("rate is a number of packets per second");
      rate_ = rate;
      apply();
      set_keyword("RATE", value);
      return std::string();
    });
  }

  void push(int, Batch& batch) override {
    bucket_.refill(now_ns());
    uint64_t within = std::min<uint64_t>(batch.count, bucket_.whole());
    bucket_.take(within);
    Batch above;
    for (uint64_t i = within; i < batch.count; ++i) above.add(batch.items[i]);
    batch.count = uint32_t(within);
    output(0).push(batch);
    output(1).push(above);
  }

 private:
  void apply() { bucket_.set(rate_, burst_size_ > 0 ? double(burst_size_) : rate_ * burst_seconds_); }

  double rate_ = 0;
  double burst_seconds_ = 0.02;
  uint64_t burst_size_ = 0;  // 0: by duration
  TokenBucket bucket_;
};

}  // namespace clickup
