// An element that replaces a packet by the error about it.
#pragma once

#include "driver/element.hh"
#include "support/token_bucket/token_bucket.hh"

namespace clickup {

class ErrorElement : public Element {
 public:
  void process(Batch& batch) override {
    if (limited_) bucket_.refill(now_ns());
    uint32_t made = 0;
    for (Packet* packet : batch) {
      Packet* error = answer(*packet);
      packet_pool().release(packet);
      if (error) batch.items[made++] = error;
    }
    batch.count = made;
  }

 protected:
  // nullptr for packets that get no error.
  virtual Packet* answer(Packet& packet) = 0;

  // Most errors a second; 0: no limit.
  void set_limit(double rate, Errors& errors) {
    if (rate < 0) errors.add("RATE is a number of packets per second");
    limited_ = rate > 0;
    bucket_.set(rate, rate);
    bucket_.fill();
  }
  // Whether one more may be sent now, which then counts.
  bool within_limit() {
    if (limited_ && bucket_.whole() == 0) return false;
    if (limited_) bucket_.take(1);
    return true;
  }

 private:
  bool limited_ = false;
  TokenBucket bucket_;
};

}  // namespace clickup
