#include "supervisor/restart_backoff.hh"

#include <algorithm>

#include "shared/time_units.hh"
#include "supervisor/event_log.hh"

namespace clickup {
namespace {
constexpr uint64_t kStable = 5'000 * kMillisecond;  // a worker that lived this long is not in a crash loop
constexpr uint64_t kFirstBackoff = 10 * kMillisecond, kLongestBackoff = 1'000 * kMillisecond;
constexpr uint32_t kCrashLoop = 10;
}  // namespace

void RestartBackoff::note_death(uint64_t lived_ns) { deaths_in_a_row_ = lived_ns > kStable ? 1 : deaths_in_a_row_ + 1; }

uint64_t RestartBackoff::wait(const std::string& why) {
  uint32_t doublings = std::min(deaths_in_a_row_ > 0 ? deaths_in_a_row_ - 1 : 0, 20u);
  uint64_t wait = std::min(kFirstBackoff << doublings, kLongestBackoff);
  if (deaths_in_a_row_ < kCrashLoop) return wait;
  problem_ = "the worker ended " + std::to_string(deaths_in_a_row_) + " times in a row, the last time: " + why +
             "; it is started again every second until another release takes over";
  if (deaths_in_a_row_ == kCrashLoop) log_.add("crash_loop", {{"reason", problem_}});
  return wait;
}

}  // namespace clickup
