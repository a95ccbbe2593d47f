// Controlled delay (RFC 8289): decides which packets that leave a queue are dropped, to prevent a standing queue.
#pragma once

#include <cmath>
#include <cstdint>

namespace clickup {

class ControlledDelay {
 public:
  uint64_t target_ns = 5'000'000, interval_ns = 100'000'000;

  // Whether the packet that leaves the queue at `now` after it waited for `waited` is to be dropped. `last`: the queue
  // is empty behind it. The decision of RFC 8289 section 5 for one packet; the caller asks again for the next one.
  bool drops(uint64_t now, uint64_t waited, bool last) {
    bool standing = stands(now, waited, last);
    if (dropping_) {
      dropping_ = standing;
      if (!dropping_ || now < next_ns_) return false;
      ++count_;
      next_ns_ += step_ns();
      return true;
    }
    if (!standing) return false;
    dropping_ = true;
    // Soon after the last dropping state it resumes with the drop rate of then.
    uint32_t since = count_ - last_count_;
    bool soon = now < next_ns_ + 16 * interval_ns;
    count_ = since > 1 && soon ? since : 1;
    last_count_ = count_;
    next_ns_ = now + step_ns();
    return true;
  }

 private:
  // Whether packets have waited for the target or longer for a whole interval.
  bool stands(uint64_t now, uint64_t waited, bool last) {
    if (last || waited < target_ns) {
      stands_from_ns_ = 0;
      return false;
    }
    if (stands_from_ns_ == 0) {
      stands_from_ns_ = now + interval_ns;
      return false;
    }
    return now >= stands_from_ns_;
  }

  uint64_t step_ns() const { return uint64_t(double(interval_ns) / std::sqrt(double(count_))); }

  bool dropping_ = false;
  uint32_t count_ = 0, last_count_ = 0;  // drops since dropping began, and at the beginning of it
  uint64_t stands_from_ns_ = 0;          // when the queue will have stood for an interval, 0 while it does not
  uint64_t next_ns_ = 0;                 // when to drop next
};

}  // namespace clickup
