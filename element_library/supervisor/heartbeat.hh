// Whether the worker that forwards is alive: its beat moves with every round, in the page that it shares.
#pragma once

#include <cstdint>

#include "supervisor/release.hh"
#include "supervisor/worker_watch.hh"

namespace clickup {

class EventLog;
struct SharedPage;

class Heartbeat {
 public:
  Heartbeat(EventLog& log, const SharedPage& page) : log_(log), page_(page) {}

  // Condemns the worker of `forwarding` when it hangs or spins. `time` is its processor time.
  void look(uint64_t now_ns, const ProcessorTime& time, const Slot& forwarding);
  // Call it when another worker forwards, or none.
  void forget() { watch_.forget(); }

  // A worker was told to pause. If it is late, a second sample tells whether it hangs, since its beat may have moved
  // after it was told.
  enum class Late : uint8_t { look_again, goes_on, hangs };
  void begin_pause() { pause_looked_at_ = false; }
  Late look_at_pause();

 private:
  EventLog& log_;
  const SharedPage& page_;
  WorkerWatch watch_;
  uint64_t beat_at_pause_ = 0;
  bool pause_looked_at_ = false;  // the pause is overdue, its beat was noted
};

}  // namespace clickup
