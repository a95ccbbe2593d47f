#include "supervisor/supervisor.hh"

#include <signal.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <utility>

namespace clickup {
namespace {
constexpr uint64_t kLook = 200 * kMillisecond;
constexpr uint64_t kSecondLook = 200 * kMillisecond;  // a worker beats every 100 ms
constexpr uint64_t kStable = 5'000 * kMillisecond;    // a worker that lived that long does not crash in a loop
}  // namespace

Supervisor::Supervisor(int signals, EventLog& log, Resources& resources, Checkpoints& checkpoints,
                       Scheduling& scheduling)
    : signals_(signals), log_(log), resources_(resources), checkpoints_(checkpoints), scheduling_(scheduling) {}

void Supervisor::run(ControlSocket& control) {
  while (!finished_) poll_once(&control);
  uint64_t deadline = boot_time_ns() + 500 * kMillisecond;  // for the answer to `stop`
  while (!control.flushed() && boot_time_ns() < deadline) poll_once(&control);
}

void Supervisor::poll_once(ControlSocket* control) {
  std::vector<pollfd> polled{{signals_, POLLIN, 0}};
  for (WorkerProcess* worker : workers()) {
    polled.push_back({worker->channel().fd(), POLLIN, 0});
    polled.push_back({worker->output_fd(), POLLIN, 0});
  }
  control->add_poll(polled);
  if (::poll(polled.data(), polled.size(), sleep_ms()) > 0) {
    for (WorkerProcess* worker : workers()) attend(*worker, polled);
    if (polled[0].revents) read_signals();
    control->serve(polled);
  }
  collect_dead();
  check_deadlines();
  checkpoints_.look_after();
  if (checkpoints_.due()) write_checkpoint();
}

int Supervisor::sleep_ms() const {
  uint64_t now = boot_time_ns(), until = now + kLook;
  for (uint64_t deadline : {phase_deadline_, confirm_deadline_, retry_at_, checkpoints_.due_at()})
    if (deadline) until = std::min(until, std::max(deadline, now));
  return int((until - now + kMillisecond - 1) / kMillisecond);
}

std::vector<WorkerProcess*> Supervisor::workers() {
  std::vector<WorkerProcess*> all;
  for (auto* slot : {&candidate_, &current_, &previous_})
    if (*slot && (*slot)->worker) all.push_back((*slot)->worker.get());
  if (carrier_) all.push_back(carrier_.get());
  for (const auto& worker : leaving_) all.push_back(worker.get());
  return all;
}

void Supervisor::attend(WorkerProcess& worker, const std::vector<pollfd>& polled) {
  auto ready = [&polled](int fd) {
    return fd >= 0 &&
           std::any_of(polled.begin(), polled.end(), [fd](const pollfd& p) { return p.fd == fd && p.revents; });
  };
  if (ready(worker.output_fd())) log_output(worker);
  if (ready(worker.channel().fd())) listen(worker);
}

void Supervisor::listen(WorkerProcess& worker) {
  Message message;
  for (;;) {
    auto result = worker.channel().receive(message);
    if (result == WorkerChannel::Result::nothing) return;
    if (result == WorkerChannel::Result::closed) {
      worker.channel().close();
      return worker.kill();  // nobody can speak to it any more; most often it is dead already
    }
    on_message(worker, message);
  }
}

void Supervisor::log_output(WorkerProcess& worker) {
  for (const std::string& line : worker.read_output())
    log_.add("output", {{"pid", std::to_string(worker.pid())}, {"text", line}});
}

void Supervisor::read_signals() {
  signalfd_siginfo signal;
  while (::read(signals_, &signal, sizeof signal) == sizeof signal)
    if (signal.ssi_signo == SIGTERM || signal.ssi_signo == SIGINT) feed(Event::stop);
}

void Supervisor::collect_dead() {
  uint64_t now = boot_time_ns();
  std::erase_if(leaving_, [&](const auto& worker) {
    if (!worker->reap() && now > worker->exit_deadline()) worker->kill();
    return worker->dead();
  });
  if (life_.phase == Phase::undoing) check_undone();
  if (carrier_ && life_.phase != Phase::undoing && carrier_->reap()) {
    WorkerProcess& carrier = *carrier_;
    listen(carrier);
    log_output(carrier);
    if (carrier_) lose_carrier(carrier.death());
  }
  if (candidate_ && candidate_->worker && candidate_->worker->reap()) {
    WorkerProcess& worker = *candidate_->worker;
    listen(worker);  // its last words may say more than its death
    log_output(worker);
    if (candidate_ && candidate_->worker.get() == &worker)
      lose_candidate(candidate_->lacks ? Cause::device : Cause::release, "the new worker " + worker.death());
  }
  if (current_ && current_->worker && current_->worker->reap()) bury(*current_, Event::current_lost);
  if (previous_ && previous_->worker && previous_->worker->reap()) bury(*previous_, Event::previous_lost);
  if (life_.phase == Phase::stopping && leaving_.empty()) feed(Event::all_gone);
}

void Supervisor::bury(Slot& slot, Event event) {
  log_output(*slot.worker);
  std::string death = slot.worker->death();
  log_.add("worker_died",
           {{"pid", std::to_string(slot.worker->pid())}, {"release", slot.what.release}, {"reason", death}});
  slot.worker.reset();
  resources_.settle_ring_change();  // how far did it come?
  resources_.abandon_ring_change({});
  if (event == Event::current_lost) {
    if (!paused_traffic_) resources_.page().stopped_ns = boot_time_ns();
    if (life_.phase == Phase::steady) explain(Cause::worker_died, "the worker " + death);
    if ((life_.phase == Phase::loading || life_.phase == Phase::carrying) && life_.purpose == Purpose::upgrade)
      explain(Cause::busy, "the forwarding worker " + death +
                               " while the new one was loading: it is started again first, take over then");
    deaths_in_a_row_ = boot_time_ns() - resources_.page().resumed_ns > kStable ? 1 : deaths_in_a_row_ + 1;
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
      return lose_carrier("made no progress for " + std::to_string(carrying().start_timeout_ms) + " ms");
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

// Late. Whether it hangs is seen by a second look, since it went on for a while after it was told to pause.
void Supervisor::check_pausing(uint64_t now) {
  uint64_t beat = resources_.page().beat;
  if (!std::exchange(pause_looked_at_, true)) {
    beat_at_pause_ = beat;
    phase_deadline_ = now + kSecondLook;
    return;
  }
  if (life_.purpose != Purpose::revert) explain(Cause::busy, "the forwarding worker did not pause in time");
  feed(beat != beat_at_pause_ ? Event::pause_overdue : Event::pause_overdue_hung);
}

void Supervisor::look_around(uint64_t now) {
  next_look_ = now + kLook;
  bool alive = life_.current_alive && current_ && current_->worker;
  ProcessorTime time = alive ? processor_time(current_->worker->pid()) : ProcessorTime{};
  bool forwarding =
      alive && (life_.phase == Phase::steady || life_.phase == Phase::loading || life_.phase == Phase::carrying);
  resources_.look_at_rings(time, forwarding);
  change_rings(now);
  if (forwarding) check_beat(now, time);
  else watch_.forget();
}

void Supervisor::check_beat(uint64_t now, const ProcessorTime& time) {
  WorkerWatch::Finding finding = watch_.look(now, resources_.page().beat, time);
  if (finding == WorkerWatch::Finding::alive) return;
  bool spins = finding == WorkerWatch::Finding::spinning;
  std::string still = std::to_string(watch_.still_ns() / kMillisecond) + " ms";
  log_.add(spins ? "worker_spins" : "worker_hung",
           {{"pid", std::to_string(current_->worker->pid())}, {"release", current_->what.release}, {"still", still}});
  current_->worker->condemn(spins ? "was busy for " + still + " without ending a round (an element loops)"
                                  : "hung for " + still + " (an element blocks)");
  watch_.forget();
}

}  // namespace clickup
