// Takeovers and reverts whose tables get their records from a carrier.
#include "shared/shared_page.hh"
#include "shared/time_units.hh"
#include "supervisor/supervisor.hh"

namespace clickup {

// The release that named the carrier: the newer of the two between which it carries.
const Release& Supervisor::carrying_release() const {
  return life_.purpose == Purpose::revert ? current_->what : candidate_->what;
}

void Supervisor::await_progress() {
  phase_deadline_ = boot_time_ns() + carrying_release().start_timeout_ms * kMillisecond;
}

bool Supervisor::start_carrier(const Release& knows, const Slot& target) {
  if (carrying_.given_up()) {
    log_.add("carrier_given_up", {{"release", target.what.release}, {"carrier", knows.carrier}});
    feed(Event::cannot_carry);
    return false;
  }
  std::string why = carrying_.start(knows, target, next_turn_++);
  if (!why.empty()) lose_carrier(why);
  return why.empty();
}

void Supervisor::carry() {
  if (!carrying_.carrier() && !start_carrier(carrying_release(), *candidate_)) return;
  await_progress();
  carrying_.carry(concurrency());
}

void Supervisor::carry_back() {
  if (carrying_.carrier() || start_carrier(current_->what, *previous_)) carrying_.watch();
}

// It died, could not be started, or was given up.
void Supervisor::lose_carrier(const std::string& why) {
  std::unique_ptr<WorkerProcess> carrier = carrying_.take_carrier();
  log_.add("carrier_lost", {{"pid", carrier ? std::to_string(carrier->pid()) : ""}, {"reason", why}});
  if (carrier) {
    carrier->kill();
    leaving_.push_back(std::move(carrier));
  }
  bool handing_over = life_.phase == Phase::pausing || life_.phase == Phase::resuming;
  if (handing_over && resources_.page().turn == candidate_->worker->turn()) return;  // it had done its work
  if (advance(life_, Event::carrier_lost).next.phase == Phase::undoing) explain(Cause::state, "the carrier " + why);
  feed(Event::carrier_lost);
}

// False: it cannot be read.
bool Supervisor::on_carrier_notice(Notice verb, const Message& message) {
  auto note = [this](const auto& told) { carrying_.note(told); };
  switch (verb) {
    case Notice::progress:
      if (life_.phase == Phase::carrying) await_progress();
      return true;
    case Notice::carried: on_carried(); return true;
    case Notice::prepared: feed(Event::carrier_prepared); return true;
    case Notice::cannot: return with<notices::Cannot>(message, [this](auto& told) { on_uncarried(told); });
    case Notice::behind: return with<notices::Behind>(message, [this](auto& told) { on_behind(told); });
    case Notice::rounds: return with<notices::Rounds>(message, note);
    case Notice::counts: return with<notices::Counts>(message, note);
    default: return true;
  }
}

void Supervisor::on_carried() {
  if (life_.phase != Phase::carrying) return;
  carrying_.note_precopied();
  feed(Event::carried);
}

void Supervisor::on_uncarried(const notices::Cannot& told) {
  const std::string& table = told.table;
  carrying_.note(told);
  if (life_.phase != Phase::carrying) return;
  if (life_.purpose != Purpose::revert && !candidate_->what.lose.contains(table))
    return lose_candidate(Cause::state, "the records of table '" + table + "' cannot be carried: " + told.why.text +
                                            "; give a `carrier` that can, or let it start empty with lose=" + table);
  if (!carrying_.possible(candidate_->needs)) feed(Event::cannot_carry);
}

void Supervisor::on_behind(const notices::Behind& told) {
  auto microseconds = [](uint64_t ns) { return std::to_string(ns / 1000) + " us"; };
  lose_candidate(Cause::traffic, "records change faster than they can be carried: the last " +
                                     std::to_string(told.records) + " took " + microseconds(told.took_ns) +
                                     ", and the receive rings hold what comes for " + microseconds(told.holds_ns) +
                                     "; try again when there is less traffic, or raise spec.memory of the device");
}

}  // namespace clickup
