#include "driver/clock.hh"

#include <cstdint>
#include <ctime>

#include "driver/element.hh"

namespace clickup {
namespace {

uint64_t read(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return uint64_t(time.tv_sec) * 1'000'000'000 + uint64_t(time.tv_nsec);
}

uint64_t boot_now = 0;
uint64_t compared_at = 0;  // CLOCK_BOOTTIME of the last comparison
uint64_t real_minus_boot = 0;

}  // namespace

void read_clock() {
  boot_now = read(CLOCK_BOOTTIME);
  if (compared_at == 0 || boot_now - compared_at >= 1'000'000'000) {
    real_minus_boot = read(CLOCK_REALTIME) - boot_now;
    compared_at = boot_now;
  }
}

uint64_t now_ns() {
  if (boot_now == 0) read_clock();
  return boot_now;
}

uint64_t realtime_ns() { return now_ns() + real_minus_boot; }

}  // namespace clickup
