// SetTimestamp([TIMESTAMP]): sets packets' timestamp to now, or to a given time.
//
// Ports: 1 input, 1 output, agnostic. TIMESTAMP is in seconds since 1970. FIRST is taken as Click has it; there is one
// timestamp here, which is that of Click's both.
#pragma once

#include "driver/element.hh"

namespace clickup {

class SetTimestamp : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    double seconds = -1;
    bool first = false, delta = false;
    arguments.positional("TIMESTAMP", seconds, false).keyword("FIRST", first);
    arguments.keyword("DELTA", delta).finish(errors);
    if (delta) errors.add("DELTA is false: Click does not take it either, and refers to SetTimestampDelta");
    now_ = seconds < 0;
    if (!now_) fixed_ns_ = uint64_t(seconds * 1e9);
  }

  void process(Batch& batch) override {
    uint64_t time = now_ ? realtime_ns() : fixed_ns_;
    for (Packet* packet : batch) packet->timestamp_ns = time;
  }

 private:
  bool now_ = true;
  uint64_t fixed_ns_ = 0;
};

}  // namespace clickup
