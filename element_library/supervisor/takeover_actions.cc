// Carries out the actions of the life cycle.
#include <set>
#include <utility>

#include "shared/shared_page.hh"
#include "shared/time_units.hh"
#include "supervisor/refusal.hh"
#include "supervisor/supervisor.hh"
#include "supervisor/table_sources.hh"

namespace clickup {
namespace {
constexpr uint64_t kPrepareTimeout = 5'000 * kMillisecond;
constexpr uint64_t kPauseTimeout = 300 * kMillisecond;
// While nobody forwards, packets wait in the ring: it holds 800 ms of 20,000 packets a second.
constexpr uint64_t kResumeTimeout = 400 * kMillisecond;
}  // namespace

void Supervisor::feed(Event event) {
  events_.push_back(event);
  if (feeding_) return;  // an action caused it: after the other actions
  feeding_ = true;
  while (!events_.empty()) {
    Phase before = life_.phase;
    Transition transition = advance(life_, events_.front());
    events_.pop_front();
    life_ = transition.next;
    if (life_.phase != before) set_phase_deadline();
    for (Action action : transition.actions) perform(action);
  }
  feeding_ = false;
}

void Supervisor::set_phase_deadline() {
  uint64_t now = boot_time_ns();
  switch (life_.phase) {
    case Phase::closing:
    case Phase::preparing: phase_deadline_ = now + kPrepareTimeout; break;
    case Phase::pausing: phase_deadline_ = now + kPauseTimeout; break;
    case Phase::resuming: phase_deadline_ = now + (life_.current_alive ? kResumeTimeout : kPrepareTimeout); break;
    default: phase_deadline_ = 0;  // loading: set when the worker starts, its limit is the release's
  }
}

void Supervisor::explain(Cause cause, std::string text) {
  reason_ = {cause, std::move(text)};
  if (cause == Cause::not_confirmed || cause == Cause::worker_died || cause == Cause::asked) back_ = reason_;
}

void Supervisor::lose_candidate(Cause cause, std::string text) {
  if (!candidate_) return;
  if (life_.phase == Phase::undoing) return check_undone();
  explain(cause, std::move(text));
  feed(Event::candidate_lost);
}

void Supervisor::check_undone() {
  for (WorkerProcess* process : {candidate_->worker.get(), carrying_.carrier()})
    if (process && !process->reap()) return;
  let_go(std::move(candidate_->worker));
  let_go(carrying_.take_carrier());
  candidate_.reset();
  feed(Event::candidate_gone);
}

// The message of its failure may have brought us here and is still in use: the process is kept until the next round.
void Supervisor::let_go(std::unique_ptr<WorkerProcess> process) {
  if (!process) return;
  log_output(*process);
  leaving_.push_back(std::move(process));
}

void Supervisor::perform(Action action) {
  switch (action) {
    case Action::spawn: return spawn();
    case Action::take_previous: return take_previous();
    case Action::carry: return carry();
    case Action::carry_back: return carry_back();
    case Action::end_carrier: return dismiss(carrying_.take_carrier());
    case Action::prepare_carrier:
      return carrying_.prepare(candidate_->worker->turn(), life_.purpose == Purpose::upgrade && life_.current_alive
                                                               ? Haste::in_time
                                                               : Haste::anyway);
    case Action::prepare: return prepare();
    case Action::pause_current: return pause_current();
    case Action::grant_turn: return grant_turn();
    case Action::kill_candidate:
      for (WorkerProcess* process : {candidate_->worker.get(), carrying_.carrier()})
        if (process) process->kill();
      return check_undone();
    case Action::kill_current:
      if (current_->worker) current_->worker->kill();
      return;
    case Action::resume_current: return resume_current();
    case Action::adopt: return adopt();
    case Action::end_previous: return end_previous();
    case Action::end_current: return dismiss(std::move(current_->worker));
    case Action::report_success: return report_success();
    case Action::report_failure: return report_failure();
    case Action::report_ended: return report_ended();
    case Action::schedule_retry: retry_at_ = boot_time_ns() + backoff_.wait(reason_.text); return;
    case Action::arm_confirm:
      confirm_deadline_ = boot_time_ns() + current_->what.confirm_timeout_ms * kMillisecond;
      return;
    case Action::disarm_confirm: confirm_deadline_ = 0; return;
    case Action::end_all: return end_all();
    case Action::finish: return finish();
  }
}

void Supervisor::spawn() {
  retry_at_ = 0;
  paused_traffic_ = false;
  carrying_.begin();
  restoring_.begin();
  const Release& what = life_.purpose == Purpose::restart  ? current_->what
                        : life_.purpose == Purpose::revert ? previous_->what
                                                           : request_;
  candidate_ = Slot{what, {}, nullptr, iso_time_now()};
  std::string why = WorkerProcess::start(what.driver, {"--worker", "3", what.config}, next_turn_, candidate_->worker);
  if (!why.empty()) return lose_candidate(Cause::release, why);
  ++next_turn_;
  phase_deadline_ = boot_time_ns() + what.start_timeout_ms * kMillisecond;
  // Beside a forwarding worker it loads with ordinary priority.
  if (!life_.current_alive) place(candidate_->worker, Rank::worker);
  int descriptors[] = {resources_.page_memory(), resources_.control_listener()};
  candidate_->worker->channel().send(encode(orders::Welcome{kProtocol}), descriptors);
  log_.add("worker_started",
           {{"pid", std::to_string(candidate_->worker->pid())}, {"release", what.release}, {"driver", what.driver}});
}

// Whether the recipient of this works beside a forwarding worker.
Concurrency Supervisor::concurrency() const { return life_.current_alive ? Concurrency::beside : Concurrency::alone; }

// The turn number of the current worker's successor.
uint32_t Supervisor::next_turn() const {
  WorkerProcess* carrier = life_.carries ? carrying_.carrier() : nullptr;
  return (carrier ? carrier : candidate_->worker.get())->turn();
}

void Supervisor::take_previous() {
  candidate_ = Slot{previous_->what, previous_->needs, std::move(previous_->worker), previous_->since};
  carrying_.begin();
}

void Supervisor::prepare() {
  drops_before_ = resources_.count_drops();
  candidate_->worker->channel().send(encode(orders::PrepareWorker{candidate_->worker->turn(), concurrency()}));
}

void Supervisor::grant_turn() {
  place(candidate_->worker, Rank::worker);
  uint32_t turn = resources_.page().turn;
  bool passed = turn == candidate_->worker->turn() || turn == next_turn();  // by a worker that died right after it
  if (!passed) hand_over(resources_.page(), next_turn());
}

void Supervisor::pause_current() {
  heartbeat_.begin_pause();
  paused_traffic_ = true;
  place(candidate_->worker, Rank::worker);  // not earlier: mapping its pages must not take a shared core from the other
  resources_.page().stopped_ns = boot_time_ns();  // overwritten by the worker unless it hangs or dies first
  current_->worker->channel().send(encode(orders::Pause{next_turn()}));
}

void Supervisor::resume_current() {
  paused_traffic_ = false;
  hand_over(resources_.page(), current_->worker->turn());
  current_->worker->channel().send(word_of(Order::resume));
}

void Supervisor::adopt() {
  candidate_->since = iso_time_now();
  states_ = carrying_.fates(candidate_->needs);
  carrying_.end();
  if (life_.purpose == Purpose::upgrade) previous_ = std::exchange(current_, std::nullopt);
  if (life_.purpose == Purpose::revert) {
    reverted_ = current_->what;
    dismiss(std::move(current_->worker));
    previous_.reset();
    reports_.stays_confirmed(candidate_->what.release);
  }
  current_ = std::exchange(candidate_, std::nullopt);
  resources_.queue_long_frames(current_->worker && current_->worker->protocol() >= kFirstWithLongFrames);
  for (auto& [name, use] : current_->needs.tables) use = {use.memory, nullptr, false};
  if (previous_) find_sources_back(*previous_, current_);
  restoring_.end();
  heartbeat_.forget();
  paused_traffic_ = false;
  backoff_.solved();
  release_unneeded();
}

void Supervisor::dismiss(std::unique_ptr<WorkerProcess> worker) {
  if (!worker) return;
  worker->ask_to_exit();
  leaving_.push_back(std::move(worker));
}

void Supervisor::place(const std::unique_ptr<WorkerProcess>& worker, Rank rank) {
  if (worker && !worker->dead()) scheduling_.place(worker->pid(), rank);
}

void Supervisor::release_unneeded() {
  std::set<std::string> interfaces;
  for (const auto* slot : {&current_, &previous_, &candidate_})
    if (*slot) interfaces.insert((*slot)->needs.interfaces.begin(), (*slot)->needs.interfaces.end());
  resources_.keep_only(interfaces);
}

void Supervisor::end_previous() {
  if (previous_) dismiss(std::move(previous_->worker));
  previous_.reset();
  release_unneeded();
}

void Supervisor::end_all() {
  phase_deadline_ = confirm_deadline_ = retry_at_ = 0;
  checkpoints_.end();
  reports_.refuse_all(refused(Cause::busy, "the supervisor was told to stop"));
  for (auto* slot : {&candidate_, &current_, &previous_})
    if (*slot) dismiss(std::move((*slot)->worker));
  dismiss(carrying_.take_carrier());
  candidate_.reset();
}

void Supervisor::finish() {
  current_.reset();
  previous_.reset();
  release_unneeded();
  log_.add("stopped");
  for (const auto& reply : stop_replies_) reply({200, {}});
  finished_ = true;
}

}  // namespace clickup
