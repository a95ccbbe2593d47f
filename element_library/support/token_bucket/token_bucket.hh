// Tokens that arrive at a rate and are kept up to a capacity.
#pragma once

#include <algorithm>
#include <cstdint>

namespace clickup {

class TokenBucket {
 public:
  // Tokens per second and most tokens kept; at least one is.
  void set(double rate, double capacity) {
    rate_ = rate;
    capacity_ = std::max(capacity, 1.0);
    tokens_ = std::min(tokens_, capacity_);
  }
  void fill() { tokens_ = capacity_; }
  void empty(uint64_t now_ns) {
    tokens_ = 0;
    last_ns_ = now_ns;
  }

  // Adds the tokens that arrived since the last call.
  void refill(uint64_t now_ns) {
    if (last_ns_ != 0 && now_ns > last_ns_) tokens_ += double(now_ns - last_ns_) * 1e-9 * rate_;
    tokens_ = std::min(tokens_, capacity_);
    last_ns_ = now_ns;
  }
  uint64_t whole() const { return uint64_t(tokens_); }
  void take(uint64_t count) { tokens_ -= double(count); }

  // When the next token is whole, in the time base of refill; the far future at rate 0.
  uint64_t next_ns() const {
    if (tokens_ >= 1) return last_ns_;
    return rate_ > 0 ? last_ns_ + uint64_t((1 - tokens_) / rate_ * 1e9) + 1 : ~0ull;
  }

 private:
  double rate_ = 0, capacity_ = 1, tokens_ = 0;
  uint64_t last_ns_ = 0;
};

}  // namespace clickup
