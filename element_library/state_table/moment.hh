// Times in records, of CLOCK_BOOTTIME. A time before the boot, as in a restored checkpoint, is negative and wraps:
// times are compared by their difference, never as numbers.
#pragma once

#include <cstdint>

namespace clickup {

constexpr bool reached(uint64_t moment, uint64_t now) { return int64_t(now - moment) >= 0; }
// Nanoseconds since `moment`; 0 before it.
constexpr uint64_t age(uint64_t moment, uint64_t now) { return reached(moment, now) ? now - moment : 0; }
constexpr uint64_t earlier(uint64_t one, uint64_t other) { return reached(one, other) ? one : other; }
constexpr uint64_t later(uint64_t one, uint64_t other) { return reached(one, other) ? other : one; }

}  // namespace clickup
