// Times are nanoseconds of CLOCK_BOOTTIME.
#pragma once

#include <cstdint>

namespace clickup {

inline constexpr uint64_t kMillisecond = 1'000'000;

}  // namespace clickup
