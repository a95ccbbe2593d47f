// Rounds of copying beside the worker that forwards, in a thread of low priority.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>

#include "driver/carried_tables.hh"
#include "driver/ring_gauge.hh"
#include "shared/shared_page.hh"
#include "shared/worker_channel.hh"

namespace clickup {

class Precopy {
 public:
  enum class Manner {
    beside,  // a writing worker: sends `carried` when few records change between rounds, and goes on
    alone,   // nobody writes, nobody forwards: one round at normal priority
    watch,   // beside a worker, slowly: sends nothing
  };

  Precopy(CarriedTables& tables, const SharedPage& page, const RingGauge& rings, WorkerChannel& channel);
  ~Precopy() { end(); }

  void begin(Manner manner);
  void end();  // even within a round; the next one sees what this one missed
  // The tables had their final round: the next copy goes in the other direction.
  void turn_round() { turned_ = true; }
  struct Look {
    uint64_t took_ns = 0, holds_ns = 0;  // duration of the last round, and time for which rings have room
    uint32_t carried = 0;
    bool in_time() const;  // such a round fits into the pause
  };
  // Rounds in the caller's thread, until a short one leaves the last round little to do; for seconds at most, if they
  // remain longer than the rings have room for.
  Look look_again();
  uint32_t rounds() const { return rounds_; }  // since begin(), while no thread runs

 private:
  class Pace;
  uint64_t round(Pace& pace, uint32_t& carried);
  static void step_back();
  void run();
  void run_rounds();
  bool few_left(uint32_t before, uint32_t carried, uint64_t took) const;
  bool rest(uint64_t nanoseconds);  // false: it must end
  bool beat_moves(uint64_t patience);

  CarriedTables& tables_;
  const SharedPage& page_;
  const RingGauge& rings_;
  WorkerChannel& channel_;
  FileDescriptor wake_;  // eventfd: end() was called
  pthread_t thread_{};
  bool running_ = false;
  std::atomic<bool> ending_ = false;
  Manner manner_ = Manner::watch;
  bool turned_ = false;
  uint32_t rounds_ = 0;
  uint32_t carried_before_ = 0;
};

}  // namespace clickup
