// Detects processes that died or hang, and steps that are late.
#include <algorithm>

#include "shared/time_units.hh"
#include "supervisor/supervisor.hh"

namespace clickup {
namespace {
constexpr uint64_t kLook = 200 * kMillisecond;
constexpr uint64_t kSecondLook = 200 * kMillisecond;  // a worker beats every 100 ms
}  // namespace

void Supervisor::collect_dead() {
  uint64_t now = boot_time_ns();
  std::erase_if(leaving_, [&](const auto& worker) {
    if (!worker->reap() && now > worker->exit_deadline()) worker->kill();
    return worker->dead();
  });
  if (life_.phase == Phase::undoing) check_undone();
  collect_carrier();
  collect_candidate();
  if (current_ && current_->worker && current_->worker->reap()) record_death(*current_, Event::current_lost);
  if (previous_ && previous_->worker && previous_->worker->reap()) record_death(*previous_, Event::previous_lost);
  if (life_.phase == Phase::stopping && leaving_.empty()) feed(Event::all_gone);
}

void Supervisor::collect_carrier() {
  WorkerProcess* carrier = carrying_.carrier();
  if (!carrier || life_.phase == Phase::undoing || !carrier->reap()) return;
  listen(*carrier);
  log_output(*carrier);
  if (carrying_.carrier()) lose_carrier(carrier->death());
}

void Supervisor::collect_candidate() {
  if (!candidate_ || !candidate_->worker || !candidate_->worker->reap()) return;
  WorkerProcess& worker = *candidate_->worker;
  listen(worker);  // its last messages may explain its death
  log_output(worker);
  if (candidate_ && candidate_->worker.get() == &worker)
    lose_candidate(candidate_->lacks ? Cause::device : Cause::release, "the new worker " + worker.death());
}

void Supervisor::record_death(Slot& slot, Event event) {
  log_output(*slot.worker);
  std::string death = slot.worker->death();
  log_.add("worker_died",
           {{"pid", std::to_string(slot.worker->pid())}, {"release", slot.what.release}, {"reason", death}});
  slot.worker.reset();
  resources_.settle_ring_change();  // according to how far the dead worker got
  resources_.abandon_ring_change({});
  if (event == Event::current_lost) {
    if (!paused_traffic_) resources_.page().stopped_ns = boot_time_ns();
    if (life_.phase == Phase::steady) explain(Cause::worker_died, "the worker " + death);
    if ((life_.phase == Phase::loading || life_.phase == Phase::carrying) && life_.purpose == Purpose::upgrade)
      explain(Cause::busy, "the forwarding worker " + death +
                               " while the new one was loading: it is started again first, take over then");
    backoff_.note_death(boot_time_ns() - resources_.page().resumed_ns);
  }
  feed(event);
}

void Supervisor::check_deadlines() {
  uint64_t now = boot_time_ns();
  if (phase_deadline_ && now >= phase_deadline_) check_phase_deadline(now);
  if (retry_at_ && now >= retry_at_) {
    retry_at_ = 0;
    feed(Event::retry_due);
  }
  bool settled = life_.phase == Phase::steady || life_.phase == Phase::backoff;
  if (confirm_deadline_ && now >= confirm_deadline_ && settled) {
    confirm_deadline_ = 0;
    explain(Cause::not_confirmed, "not confirmed within " + std::to_string(current_->what.confirm_timeout_ms) + " ms");
    feed(Event::revert);
  }
  if (now >= next_look_) look_around(now);
}

void Supervisor::check_phase_deadline(uint64_t now) {
  phase_deadline_ = 0;
  switch (life_.phase) {
    case Phase::loading:
      return lose_candidate(Cause::release, "the new worker was not ready within " +
                                                std::to_string(candidate_->what.start_timeout_ms) + " ms");
    case Phase::carrying:
      return lose_carrier("made no progress for " + std::to_string(carrying_release().start_timeout_ms) + " ms");
    case Phase::closing: return lose_candidate(Cause::state, "the carrier did not get ready for its turn in time");
    case Phase::preparing:
      return lose_candidate(Cause::release, "the new worker did not get ready to take over in time");
    case Phase::resuming:
      if (resources_.page().turn != candidate_->worker->turn())
        return lose_candidate(Cause::state, "the carrier had its turn and did not pass it on in time");
      return lose_candidate(Cause::release, "the new worker had its turn and did not begin to forward in time");
    case Phase::pausing: return check_pausing(now);
    default: return;
  }
}

void Supervisor::check_pausing(uint64_t now) {
  Heartbeat::Late late = heartbeat_.look_at_pause();
  if (late == Heartbeat::Late::look_again) {
    phase_deadline_ = now + kSecondLook;
    return;
  }
  if (life_.purpose != Purpose::revert) explain(Cause::busy, "the forwarding worker did not pause in time");
  feed(late == Heartbeat::Late::goes_on ? Event::pause_overdue : Event::pause_overdue_hung);
}

void Supervisor::look_around(uint64_t now) {
  next_look_ = now + kLook;
  bool alive = life_.current_alive && current_ && current_->worker;
  ProcessorTime time = alive ? processor_time(current_->worker->pid()) : ProcessorTime{};
  bool forwarding =
      alive && (life_.phase == Phase::steady || life_.phase == Phase::loading || life_.phase == Phase::carrying);
  resources_.look_at_rings(time, forwarding);
  bool alone =
      alive && life_.phase == Phase::steady && !candidate_ && !previous_ && !carrying_.carrier() && leaving_.empty();
  if (alone) ring_offers_.look(now, *current_->worker);
  if (forwarding) heartbeat_.look(now, time, *current_);
  else heartbeat_.forget();
}

}  // namespace clickup
