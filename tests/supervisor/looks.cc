// What the supervisor concludes from samples: workers that hang, spin or wait, rings that drop, sizes of rings. Prints
// failures.
#include <cstdio>

#include "supervisor/ring_size.hh"
#include "supervisor/ring_watch.hh"
#include "supervisor/worker_watch.hh"

namespace {
using namespace clickup;
using Finding = WorkerWatch::Finding;

constexpr uint64_t kLook = 200'000'000, kSecond = 1'000'000'000;
int failures = 0;

void expect(bool good, const char* what) {
  if (good) return;
  ++failures;
  std::printf("%s\n", what);
}

// Samples a worker whose beat does not move, with this share (in tenths) of the time run and waited; returns what is
// found, and when.
struct Found {
  Finding finding = Finding::alive;
  uint64_t after_ns = 0;
};
Found find(uint64_t ran, uint64_t waited, bool runnable = false, bool known = true) {
  WorkerWatch watch;
  for (uint64_t now = kSecond; now < 60 * kSecond; now += kLook) {
    uint64_t passed = now - kSecond;
    Finding finding = watch.look(now, 7, {passed / 10 * ran, passed / 10 * waited, runnable, known});
    if (finding != Finding::alive) return {finding, passed};
  }
  return {};
}

void look_at_workers() {
  Found spins = find(10, 0), hangs = find(0, 0), waits = find(1, 9), unknown = find(0, 0, false, false);
  Found spins_in_half = find(5, 4), waits_still = find(0, 0, true);
  expect(spins.finding == Finding::spinning && spins.after_ns < 2 * kSecond,
         "one that spins is found within two seconds");
  expect(hangs.finding == Finding::hung && hangs.after_ns < 3 * kSecond, "one that blocks is hung");
  expect(unknown.finding == Finding::hung && unknown.after_ns < 3 * kSecond,
         "so is one of which the kernel says nothing");
  expect(waits.finding != Finding::hung || waits.after_ns > 10 * kSecond,
         "one that others keep from the processors is not");
  expect(spins_in_half.finding == Finding::spinning, "one that spins with half of a processor does not block");
  expect(waits_still.finding != Finding::hung || waits_still.after_ns > 10 * kSecond,
         "nor does one whose wait for a processor has not ended yet");
  WorkerWatch watch;
  for (uint64_t i = 0; i < 100; ++i)
    expect(watch.look(kSecond + i * kLook, i, {i * kLook, 0, true, true}) == Finding::alive,
           "a busy one whose beat moves is alive");
  expect(watch.look(90 * kSecond, 99, {90 * kSecond, 0, false, false}) == Finding::alive,
         "a supervisor that was suspended judges nobody");
}

RingReading reading(uint64_t now, uint64_t dropped, uint64_t ran, uint64_t waited, bool forwarding = true,
                    uint64_t too_long = 0) {
  return {now, now / 1'000'000, dropped, too_long, {ran, waited, false, true}, forwarding};
}

DropCause cause(uint64_t ran, uint64_t waited, bool forwarding = true) {
  RingWatch watch;
  watch.look(reading(kSecond, 0, 0, 0));
  auto drops = watch.look(reading(kSecond + kLook, 5, ran, waited, forwarding));
  expect(drops && drops->frames == 5 && drops->over_ns == kLook, "what was dropped since the last look is told");
  return drops ? drops->cause : DropCause::burst;
}

void look_at_rings() {
  expect(cause(kLook, 0) == DropCause::overload, "busy all the time");
  expect(cause(kLook / 2, kLook / 2) == DropCause::off_processor, "others had the processor");
  expect(cause(kLook / 2, 0) == DropCause::burst, "more than the ring holds");
  expect(cause(0, 0, false) == DropCause::no_worker, "nobody forwarded");
  RingWatch watch;
  for (uint64_t i = 0; i <= 20; ++i)
    expect(!watch.look(reading(kSecond + i * kLook, 3, 0, 0)), "old drops are told once");
  expect(watch.peak_rate() == 1000, "a thousand frames came each second");
}

void look_at_lengths() {
  RingWatch watch;
  watch.look(reading(kSecond, 0, 0, 0));
  auto both = watch.look(reading(kSecond + kLook, 5, 0, 0, true, 2));
  auto rest = watch.look(reading(kSecond + 2 * kLook, 5, 0, 0, true, 3));
  expect(both && both->cause == DropCause::burst && both->frames == 5, "those that found it full are told first");
  expect(rest && rest->cause == DropCause::too_long && rest->frames == 3, "then all that were too long");
  expect(!watch.look(reading(kSecond + 3 * kLook, 5, 0, 0, true, 3)), "and they are told once");
}

void size_rings() {
  RingSize fast = ring_size({10'000, 0, 1500, 2048}, 64u << 20), slow = ring_size({100, 0, 1500, 2048}, 256u << 20);
  RingSize gigabit = ring_size({1'000, 0, 1500, 2048}, 1u << 30), seen = ring_size({0, 100'000, 1500, 2048}, 1u << 30);
  expect(fast.bytes == 64u << 20 && fast.bound == RingBound::memory, "never more than the memory");
  expect(slow.bytes == kLeastRing && slow.bound == RingBound::least, "never less than the least");
  expect(gigabit.bytes == 81'274ull * 2048 && gigabit.bound == RingBound::speed, "a second of full frames");
  expect(seen.bytes == 125'000ull * 2048 && seen.bound == RingBound::measured,
         "a second of what was seen, and a quarter");
  expect(ring_size({0, 0, 1500, 2048}, 4u << 20).bytes == 4u << 20, "little memory is little ring");
}
}  // namespace

int main() {
  look_at_workers();
  look_at_rings();
  look_at_lengths();
  size_rings();
  return failures;
}
