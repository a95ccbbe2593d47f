#include "supervisor/heartbeat.hh"

#include <utility>

#include "shared/shared_page.hh"
#include "shared/time_units.hh"
#include "supervisor/event_log.hh"

namespace clickup {

void Heartbeat::look(uint64_t now_ns, const ProcessorTime& time, const Slot& forwarding) {
  WorkerWatch::Finding finding = watch_.look(now_ns, page_.beat, time);
  if (finding == WorkerWatch::Finding::alive) return;
  bool spins = finding == WorkerWatch::Finding::spinning;
  std::string still = std::to_string(watch_.still_ns() / kMillisecond) + " ms";
  log_.add(spins ? "worker_spins" : "worker_hung",
           {{"pid", std::to_string(forwarding.worker->pid())}, {"release", forwarding.what.release}, {"still", still}});
  forwarding.worker->condemn(spins ? "was busy for " + still + " without ending a round (an element loops)"
                                   : "hung for " + still + " (an element blocks)");
  watch_.forget();
}

Heartbeat::Late Heartbeat::look_at_pause() {
  uint64_t beat = page_.beat;
  if (std::exchange(pause_looked_at_, true)) return beat != beat_at_pause_ ? Late::goes_on : Late::hangs;
  beat_at_pause_ = beat;
  return Late::look_again;
}

}  // namespace clickup
