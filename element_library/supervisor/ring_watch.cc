#include "supervisor/ring_watch.hh"

#include <algorithm>
#include <utility>

namespace clickup {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

DropCause cause_of(const RingReading& before, const RingReading& now, const RingDrops& drops) {
  if (!before.forwarding || !now.forwarding) return DropCause::no_worker;
  if (drops.waited_ns >= drops.over_ns / 4) return DropCause::off_processor;
  if (drops.ran_ns >= drops.over_ns / 10 * 9) return DropCause::overload;
  return DropCause::burst;
}

}  // namespace

std::optional<RingDrops> RingWatch::look(const RingReading& reading) {
  measure_rate(reading);
  std::optional<RingReading> before = std::exchange(last_, reading);
  if (!before) return {};
  if (reading.dropped == before->dropped) return too_long(reading, reading.now_ns - before->now_ns);
  ProcessorTime had = reading.worker.since(before->worker);
  bool same = had.known && reading.worker.ran_ns >= before->worker.ran_ns;  // no other worker since
  RingDrops drops{reading.dropped - before->dropped, DropCause::burst, reading.now_ns - before->now_ns, 0, 0};
  if (same) drops.ran_ns = had.ran_ns;
  if (same) drops.waited_ns = had.waited_ns;
  drops.cause = cause_of(*before, reading, drops);
  return drops;
}

std::optional<RingDrops> RingWatch::too_long(const RingReading& reading, uint64_t over_ns) {
  uint64_t frames = reading.too_long - std::exchange(told_too_long_, reading.too_long);
  if (frames == 0) return {};
  return RingDrops{frames, DropCause::too_long, over_ns, 0, 0};
}

void RingWatch::measure_rate(const RingReading& reading) {
  uint64_t seen = reading.received + reading.dropped, elapsed = reading.now_ns - rate_since_ns_;
  if (rate_since_ns_ != 0 && elapsed < kSecond) return;
  if (rate_since_ns_ != 0) peak_rate_ = std::max(peak_rate_, (seen - rate_from_) * 1000 / (elapsed / 1'000'000));
  rate_since_ns_ = reading.now_ns;
  rate_from_ = seen;
}

std::string_view cause_word(DropCause cause) {
  constexpr std::string_view kWords[] = {"no_worker", "off_processor", "overload", "burst", "too_long"};
  return kWords[size_t(cause)];
}

}  // namespace clickup
