// Times are nanoseconds of CLOCK_BOOTTIME.
#pragma once

#include <time.h>

#include <cstdint>

namespace clickup {

inline constexpr uint64_t kMillisecond = 1'000'000;

inline uint64_t boot_time_ns() {
  timespec now;
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return uint64_t(now.tv_sec) * 1'000'000'000 + uint64_t(now.tv_nsec);
}

}  // namespace clickup
