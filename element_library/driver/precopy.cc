#include "driver/precopy.hh"

#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "shared/time_units.hh"
#include "shared/worker_messages.hh"

namespace clickup {
namespace {
constexpr uint64_t kMicrosecond = 1'000;
constexpr int kNice =
    15;  // a thirtieth of a worker's share where processors are scarce: hardly noticeable, never starved
constexpr uint32_t kMostRounds = 20;
constexpr uint64_t kShortRound = 1 * kMillisecond;
constexpr uint32_t kMostLooks = 8;
constexpr uint64_t kShortLook = 300 * kMicrosecond;
constexpr uint64_t kLongestLooks = 2'000 * kMillisecond;  // the supervisor gives up after five seconds
constexpr uint64_t kWay = 200 * kMicrosecond, kLongestWay = 200 * kMillisecond;
constexpr uint64_t kLongestWayOfLook = 1'000 * kMillisecond;  // else crowded rings would prevent every revert
constexpr uint64_t kProgress = 100 * kMillisecond;
constexpr uint64_t kLeastRest = 100 * kMillisecond;
constexpr uint64_t kRestShare = 10;                 // of the time that the last round took
constexpr uint64_t kPatience = 500 * kMillisecond;  // an idle worker's beat moves every 100 ms
constexpr uint64_t kShortPatience = 20 * kMillisecond;
}  // namespace

class Precopy::Pace : public CopyPace {
 public:
  Pace(Precopy& precopy, bool whole) : precopy_(precopy), whole_(whole), told_(boot_time_ns()) {}

  // A write under way ends with its worker's round; two beats, because the first may belong to an earlier round.
  bool settle() override {
    if (precopy_.manner_ == Manner::alone) return true;
    uint64_t began = boot_time_ns(), patience = whole_ ? kShortPatience : kPatience;
    bool settled = precopy_.beat_moves(patience) && precopy_.beat_moves(patience);
    waited_ += boot_time_ns() - began;
    return settled;
  }
  bool go_on() override {
    make_way();
    if (uint64_t now = boot_time_ns(); now - told_ >= kProgress) {
      told_ = now;
      if (precopy_.manner_ != Manner::watch) precopy_.channel_.send(word_of(Notice::progress));
    }
    return whole_ || !precopy_.ending_;
  }
  uint64_t waited() const { return waited_; }

 private:
  // Packets come first: the copy shares caches and, where they are few, processors with the forwarding worker.
  void make_way() {
    uint64_t began = boot_time_ns(), most = whole_ ? std::min(kLongestWay, kLongestWayOfLook - way_) : kLongestWay;
    while (precopy_.rings_.crowded() && !precopy_.ending_ && boot_time_ns() - began < most) precopy_.rest(kWay);
    uint64_t made = boot_time_ns() - began;
    way_ = std::min(way_ + made, kLongestWayOfLook);
    waited_ += made;
  }

  Precopy& precopy_;
  bool whole_;
  uint64_t told_;
  uint64_t waited_ = 0;
  uint64_t way_ = 0;
};

Precopy::Precopy(CarriedTables& tables, const SharedPage& page, const RingGauge& rings, WorkerChannel& channel)
    : tables_(tables), page_(page), rings_(rings), channel_(channel), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Precopy::begin(Manner manner) {
  end();
  manner_ = manner;
  rounds_ = 0;
  carried_before_ = UINT32_MAX;
  // Not std::thread: in static programs it needs parts of an older libc that the linker leaves out.
  auto start = [](void* precopy) -> void* {
    static_cast<Precopy*>(precopy)->run();
    return nullptr;
  };
  running_ = ::pthread_create(&thread_, nullptr, start, this) == 0;
  if (running_) return;
  std::fputs("cannot start a thread to carry records\n", stderr);
  std::exit(1);
}

void Precopy::end() {
  if (!running_) return;
  ending_ = true;
  ::eventfd_write(wake_.get(), 1);
  ::pthread_join(thread_, nullptr);
  eventfd_t woken;
  ::eventfd_read(wake_.get(), &woken);
  ending_ = running_ = false;
}

Precopy::Look Precopy::look_again() {
  Look look;
  uint64_t until = boot_time_ns() + kLongestLooks;
  for (uint32_t looks = 1;; ++looks) {
    Pace pace(*this, true);
    look.took_ns = round(pace, look.carried);
    look.holds_ns = rings_.holds_ns(boot_time_ns());
    bool done = look.took_ns <= kShortLook || (looks >= kMostLooks && look.in_time());
    if (done || boot_time_ns() >= until) return look;
  }
}

bool Precopy::Look::in_time() const { return took_ns <= std::max(kShortLook, holds_ns / 4); }

// Returns the nanoseconds that the round took, without the time waiting for the writer.
uint64_t Precopy::round(Pace& pace, uint32_t& carried) {
  uint64_t began = boot_time_ns();
  carried = tables_.round(pace);
  ++rounds_;
  return boot_time_ns() - began - pace.waited();
}

// This thread: the first one may have been given a priority for the pause.
void Precopy::step_back() {
  sched_param none{};
  ::sched_setscheduler(0, SCHED_BATCH, &none);
  ::setpriority(PRIO_PROCESS, 0, kNice);
}

void Precopy::run() {
  if (manner_ != Manner::alone) step_back();
  if (std::exchange(turned_, false))
    for (const auto& [table, why] : tables_.turn_round()) channel_.send(encode(notices::Cannot{table, {why}}));
  run_rounds();
}

void Precopy::run_rounds() {
  for (bool said = manner_ == Manner::watch; !ending_;) {
    Pace pace(*this, false);
    uint32_t carried = 0;
    uint64_t took = round(pace, carried);
    if (ending_) return;
    bool few = few_left(std::exchange(carried_before_, carried), carried, took);
    if (!said) channel_.send(word_of(few ? Notice::carried : Notice::progress));
    said |= few;
    if (manner_ == Manner::alone) return;
    if (manner_ == Manner::watch) rest(std::max(kLeastRest, kRestShare * took));
    else if (said) rest(kShortRound);
  }
}

// Rounds get shorter as long as each has less to do than the previous one.
bool Precopy::few_left(uint32_t before, uint32_t carried, uint64_t took) const {
  return manner_ == Manner::alone || took <= kShortRound || carried >= before / 2 || rounds_ >= kMostRounds;
}

bool Precopy::rest(uint64_t nanoseconds) {
  pollfd polled{wake_.get(), POLLIN, 0};
  timespec time{time_t(nanoseconds / 1'000'000'000), long(nanoseconds % 1'000'000'000)};
  return ::ppoll(&polled, 1, &time, nullptr) == 0;
}

bool Precopy::beat_moves(uint64_t patience) {
  uint64_t beat = page_.beat.load(std::memory_order_acquire);
  uint64_t until = boot_time_ns() + patience;
  for (uint64_t wait = 50 * kMicrosecond; boot_time_ns() < until; wait = std::min(2 * wait, 2 * kMillisecond)) {
    if (!rest(wait)) return false;
    if (page_.beat.load(std::memory_order_acquire) != beat) return true;
  }
  return false;
}

}  // namespace clickup
