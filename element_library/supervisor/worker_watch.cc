#include "supervisor/worker_watch.hh"

#include "shared/time_units.hh"

namespace clickup {
namespace {
constexpr uint64_t kHung = 2'000 * kMillisecond;
constexpr uint64_t kSpun = 1'500 * kMillisecond;  // of processor time, much of which a handler of a large table uses
constexpr uint64_t kStarved = 20'000 * kMillisecond;  // longest wait for a processor
constexpr uint32_t kLooks = 8;  // so that a supervisor that was suspended does not consider its workers hung
}  // namespace

WorkerWatch::Finding WorkerWatch::look(uint64_t now_ns, uint64_t beat, const ProcessorTime& time) {
  if (looks_ == 0 || beat != beat_) {
    looks_ = 1;
    since_ns_ = now_ns;
    beat_ = beat;
    before_ = time;
    return Finding::alive;
  }
  still_ns_ = now_ns - since_ns_;
  ProcessorTime had = time.since(before_);
  if (had.known && had.ran_ns >= kSpun) return Finding::spinning;
  bool wants_processor = had.runnable || had.ran_ns + had.waited_ns >= still_ns_ / 2;
  bool starved = had.known && wants_processor && still_ns_ < kStarved;
  return ++looks_ > kLooks && still_ns_ >= kHung && !starved ? Finding::hung : Finding::alive;
}

}  // namespace clickup
