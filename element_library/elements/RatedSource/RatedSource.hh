// RatedSource([DATA, RATE, LIMIT, ACTIVE, LENGTH, STOP, END_CALL, TIMESTAMP, BANDWIDTH]): emits copies of DATA at a
// rate.
//
// Ports: 1 output, agnostic.
// Parameters: DATA, the packet (64 bytes of text); RATE in packets/s (10), or BANDWIDTH; LIMIT, packets to emit,
// negative for no limit (-1); ACTIVE (true); LENGTH, cuts or pads DATA with zeros; STOP, end the driver after LIMIT
// packets (false), or END_CALL, a write handler to call then; TIMESTAMP, set the packets' time (true). A worker that
// was held up makes good for at most 20 ms of silence. Handlers: count (r); reset (w) starts again; data, rate, limit,
// active (rw).
#pragma once

#include "support/packet_source/packet_source.hh"
#include "support/rate_average/bandwidth.hh"
#include "support/rate_average/rate_average.hh"
#include "support/token_bucket/token_bucket.hh"

namespace clickup {

class RatedSource : public PacketSource {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    read_data(arguments);
    arguments.positional("RATE", rate_, false).positional("LIMIT", limit_, false);
    arguments.positional("ACTIVE", active_, false);
    read_rest(arguments, errors);
    std::string bandwidth;
    arguments.keyword("BANDWIDTH", bandwidth).finish(errors);
    if (!bandwidth.empty()) read_bandwidth(bandwidth, errors);
    if (rate_ < 0) errors.add("RATE is a number of packets per second, not " + rate_text(rate_));
    apply();
    bucket_.fill();
  }

  void add_handlers(HandlerTable& handlers) override {
    add_source_handlers(handlers);
    add_data_handlers(handlers);
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

  uint64_t timer_at() const override { return has_task() && !exhausted() ? bucket_.next_ns() : 0; }

 protected:
  uint64_t due(uint64_t limit) override {
    bucket_.refill(now_ns());
    return std::min(limit, bucket_.whole());
  }
  void emitted(uint64_t count) override { bucket_.take(count); }
  void restarted() override { bucket_.empty(now_ns()); }

 private:
  // In whole packets, as Click.
  void read_bandwidth(const std::string& text, Errors& errors) {
    double bytes = 0;
    if (!parse_bandwidth(text, bytes)) {
      errors.add("BANDWIDTH is a number with a unit such as kbps or MBps, or of bytes per second, not '" + text + "'");
    } else if (bytes > 0 && packet_bytes() > 0) {
      rate_ = std::floor(bytes / double(packet_bytes()));
    }
  }

  void apply() { bucket_.set(rate_, rate_ * 0.02); }

  double rate_ = 10;
  TokenBucket bucket_;
};

}  // namespace clickup
