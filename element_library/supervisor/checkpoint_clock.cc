#include "supervisor/checkpoint_clock.hh"

#include <time.h>

#include <cctype>
#include <fstream>
#include <string>

namespace clickup {
namespace {

uint64_t nanoseconds(clockid_t clock) {
  timespec now;
  ::clock_gettime(clock, &now);
  return uint64_t(now.tv_sec) * 1'000'000'000 + uint64_t(now.tv_nsec);
}

std::array<uint8_t, 16> read_boot_id() {
  std::array<uint8_t, 16> id{};
  std::string text, digits;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> text;
  for (char c : text)
    if (std::isxdigit(static_cast<unsigned char>(c))) digits += c;
  for (size_t i = 0; i < id.size() && digits.size() == 32; ++i)
    id[i] = uint8_t(std::stoul(digits.substr(2 * i, 2), nullptr, 16));
  return id;
}

}  // namespace

CheckpointClock CheckpointClock::now() {
  return {read_boot_id(), nanoseconds(CLOCK_BOOTTIME), nanoseconds(CLOCK_REALTIME)};
}

}  // namespace clickup
