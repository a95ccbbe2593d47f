// How many tokens come and how many are kept, from one change of it to the next.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "state_table/moment.hh"

namespace clickup {

inline constexpr uint64_t kBillion = 1'000'000'000;      // units of a token in the table; nanoseconds in a second
inline constexpr uint64_t kMostTokens = 16 * kBillion;   // of a burst: their billionths fit into 64 bits
inline constexpr uint64_t kMostRate = 1'000 * kBillion;  // tokens a second
inline constexpr uint64_t kPacketBits = 1518 * 8;        // of a frame without tags: the least burst

enum class TokenUnit : uint8_t { packets = 0, bits = 1 };  // stored: a number keeps its meaning for ever

struct BucketLimit {
  uint64_t since = 0;  // ns, CLOCK_BOOTTIME
  uint64_t rate = 1;   // tokens a second, at least 1
  uint64_t burst = 1;  // tokens, at least one packet's
  TokenUnit unit = TokenUnit::packets;

  uint64_t full() const { return burst * kBillion; }
  // Billionths of a token for a packet of `bytes`.
  uint64_t price(uint32_t bytes) const {
    return (unit == TokenUnit::packets ? 1 : std::min<uint64_t>(uint64_t(bytes) * 8, burst)) * kBillion;
  }
  // A nanosecond at one token a second brings a billionth: nothing is ever rounded.
  uint64_t refilled(uint64_t tokens, uint64_t elapsed) const {
    __extension__ using Wide = unsigned __int128;
    Wide more = Wide(elapsed) * rate + tokens;
    return more < full() ? uint64_t(more) : full();
  }
  // Nanoseconds until `missing` billionths have come.
  uint64_t time_for(uint64_t missing) const { return missing / rate + (missing % rate != 0); }
  bool same(const BucketLimit& other) const { return rate == other.rate && burst == other.burst && unit == other.unit; }
};

// The limit in force and some before it, oldest first.
class LimitHistory {
 public:
  static constexpr size_t kMost = 8;

  const BucketLimit& current() const { return limits_[count_ - 1]; }
  std::span<const BucketLimit> all() const { return {limits_.data(), count_}; }
  bool empty() const { return count_ == 0; }

  // Later than all others; the oldest one goes when there are too many.
  void add(const BucketLimit& limit) {
    if (count_ == kMost) std::copy(limits_.begin() + 1, limits_.end(), limits_.begin());
    count_ -= count_ == kMost;
    limits_[count_++] = limit;
  }

  // The tokens at `now` of a bucket that had `tokens` at `counted`: each period at its own rate, limited to its own
  // burst.
  uint64_t tokens(uint64_t tokens, uint64_t counted, uint64_t now) const {
    size_t i = count_ - 1;
    while (i > 0 && !reached(limits_[i].since, counted)) --i;
    for (; i + 1 < count_; ++i) {
      uint64_t end = limits_[i + 1].since;
      tokens = limits_[i].refilled(tokens, age(counted, end));
      if (limits_[i].unit != limits_[i + 1].unit) tokens = 0;
      counted = end;
    }
    return limits_[i].refilled(tokens, age(counted, now));
  }

 private:
  std::array<BucketLimit, kMost> limits_;
  size_t count_ = 0;
};

}  // namespace clickup
