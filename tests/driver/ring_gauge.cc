// Ring gauges over memory of our own; prints what fails.
#include "driver/ring_gauge.hh"

#include <linux/if_packet.h>

#include <cstdio>

namespace {
using clickup::PortCursor;
using clickup::RingGauge;

constexpr uint32_t kSize = 128, kFrames = 64;
alignas(16) uint8_t ring[kSize * kFrames];
int failures = 0;

void expect(bool good, const char* what) {
  if (good) return;
  ++failures;
  std::printf("%s\n", what);
}

void fill(uint32_t frame, bool full) {
  reinterpret_cast<tpacket2_hdr*>(ring + frame % kFrames * kSize)->tp_status = full ? TP_STATUS_USER : TP_STATUS_KERNEL;
}
}  // namespace

int main() {
  PortCursor cursor{};
  RingGauge gauge;
  expect(!gauge.crowded() && gauge.holds_ns(1'000) == RingGauge::kForEver, "no ring is ever crowded");
  cursor.rx_frame = 62;  // positions wrap around
  cursor.rx_packets = 5;
  gauge.add(ring, kSize, kFrames, cursor);
  for (uint32_t i = 0; i < 4; ++i) fill(62 + i, true);
  expect(!gauge.crowded(), "less than a sixteenth waits");
  fill(62 + 4, true);
  expect(gauge.crowded(), "a sixteenth waits");
  gauge.begin(1'000'000);
  expect(gauge.holds_ns(2'000'000) == RingGauge::kForEver, "nothing came");
  cursor.rx_packets += 30;  // in a millisecond: 60 frames last for two
  expect(gauge.holds_ns(2'000'000) == 2'000'000, "what comes fills it in two milliseconds");
  return failures;
}
