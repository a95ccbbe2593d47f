// Converts times of a checkpoint to the clock of the boot and machine that restores it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "supervisor/checkpoint_format.hh"

namespace clickup {

struct CheckpointClock {
  std::array<uint8_t, 16> boot_id{};  // zeros: unknown
  uint64_t boot_time_ns = 0, real_time_ns = 0;

  static CheckpointClock now();
};

// Time passes by CLOCK_REALTIME while the machine is off; where that clock went back, no time has passed.
class CheckpointRebase {
 public:
  CheckpointRebase(const CheckpointHeader& written, const CheckpointClock& now)
      : same_boot_(now.boot_id != decltype(now.boot_id){} &&
                   std::memcmp(written.boot_id, now.boot_id.data(), sizeof written.boot_id) == 0),
        written_(written.boot_time_ns),
        now_(now.boot_time_ns),
        passed_(now.real_time_ns > written.real_time_ns ? now.real_time_ns - written.real_time_ns : 0) {}

  // 0 when it is not in the future any more.
  uint64_t deadline(uint64_t written) const {
    if (same_boot_) return written > now_ ? std::min(written, kLatest) : 0;
    if (written <= written_ || written - written_ <= passed_) return 0;
    uint64_t left = written - written_ - passed_;
    return left < kLatest - std::min(now_, kLatest) ? now_ + left : kLatest;
  }
  // Any other time; 0, which means none, stays 0, and no other time becomes 0. A time before the boot is negative in
  // two's complement, so that `now - moment` is still the time since then.
  uint64_t moment(uint64_t written) const {
    if (written == 0 || same_boot_) return written;
    uint64_t moved = written - written_ + now_ - passed_;
    return moved == 0 ? 1 : moved;
  }

 private:
  static constexpr uint64_t kLatest = (uint64_t(1) << 63) - 1;  // beyond are the links between free records

  bool same_boot_;
  uint64_t written_, now_, passed_;
};

}  // namespace clickup
