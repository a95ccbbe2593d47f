#include "supervisor/takeover_machine.hh"

#include <cstddef>
#include <utility>

namespace clickup {
namespace {

using enum Action;

Transition stay(const Lifecycle& now) { return {now, {}}; }

Transition to(Lifecycle next, Phase phase, std::vector<Action> actions) {
  next.phase = phase;
  return {next, std::move(actions)};
}

Transition load(Lifecycle next, Purpose purpose) {
  next.purpose = purpose;
  return to(next, Phase::loading, {spawn});
}

Transition go_back(Lifecycle next) {
  if (!next.previous) {  // nothing to go back to: a first start that was not confirmed
    next = {};
    return to(next, Phase::idle, {disarm_confirm, end_current, report_ended});
  }
  next.purpose = Purpose::revert;
  if (!next.previous_alive) return to(next, Phase::loading, {disarm_confirm, spawn});
  if (next.carries) return to(next, Phase::carrying, {disarm_confirm, take_previous, carry});
  return to(next, Phase::preparing, {disarm_confirm, take_previous, prepare});
}

Transition retry(Lifecycle next, Purpose purpose, std::vector<Action> actions) {
  next.purpose = purpose;
  actions.push_back(schedule_retry);
  return to(next, Phase::backoff, std::move(actions));
}

Transition succeed(Lifecycle next) {
  std::vector<Action> actions{adopt, report_success};
  switch (next.purpose) {
    case Purpose::upgrade:
      next.previous = true;
      next.previous_alive = next.current_alive;
      next.unconfirmed = true;
      actions.push_back(arm_confirm);
      if (next.carries) actions.push_back(carry_back);
      break;
    case Purpose::start:
      next.current = next.unconfirmed = true;
      actions.push_back(arm_confirm);
      if (std::exchange(next.carries, false)) actions.push_back(end_carrier);
      break;
    case Purpose::restart: break;
    case Purpose::revert:
      next.previous = next.previous_alive = next.unconfirmed = false;
      if (std::exchange(next.carries, false)) actions.push_back(end_carrier);
      break;
  }
  next.current_alive = true;
  return to(next, Phase::steady, std::move(actions));
}

// The failed candidate is gone: the forwarding worker goes on; if there is none, restart the release that should
// forward.
Transition undone(Lifecycle next) {
  switch (next.purpose) {
    case Purpose::start: return to({}, Phase::idle, {report_failure});
    case Purpose::restart: return retry(next, Purpose::restart, {report_failure});
    case Purpose::upgrade:
      next.carries = false;
      if (next.current_alive) return to(next, Phase::steady, {resume_current, report_failure});
      return retry(next, Purpose::restart, {report_failure});
    case Purpose::revert:
      next.previous_alive = false;
      if (!next.current_alive) return retry(next, Purpose::revert, {report_failure});
      if (next.carries) return to(next, Phase::steady, {resume_current, report_failure, arm_confirm, carry_back});
      return to(next, Phase::steady, {resume_current, report_failure, arm_confirm});
  }
  return stay(next);
}

Transition in_steady(Lifecycle next, Event event) {
  switch (event) {
    case Event::takeover: return load(next, Purpose::upgrade);
    case Event::revert: return go_back(next);
    case Event::current_lost:
      next.current_alive = false;
      if (next.unconfirmed && next.previous) return go_back(next);
      return retry(next, Purpose::restart, {});
    case Event::carrier_lost: return next.carries ? to(next, Phase::steady, {carry_back}) : stay(next);
    case Event::confirm:
      next.unconfirmed = next.previous = next.previous_alive = false;
      if (std::exchange(next.carries, false))
        return to(next, Phase::steady, {disarm_confirm, end_carrier, end_previous});
      return to(next, Phase::steady, {disarm_confirm, end_previous});
    default: return stay(next);
  }
}

Transition in_backoff(Lifecycle next, Event event) {
  switch (event) {
    case Event::retry_due: return load(next, next.purpose);
    case Event::takeover: return load(next, Purpose::upgrade);
    case Event::revert: return go_back(next);
    default: return stay(next);
  }
}

// The candidate is ready: the current worker pauses, if there is one.
Transition pass_turn(Lifecycle next) {
  return next.current_alive ? to(next, Phase::pausing, {pause_current}) : to(next, Phase::resuming, {grant_turn});
}

Transition lose_carrier(Lifecycle next) {
  if (next.phase == Phase::loading || !next.carries)
    return stay(next);  // it carried back: a new one is started in time
  if (next.phase == Phase::carrying && next.purpose == Purpose::revert) return to(next, next.phase, {carry});
  return to(next, Phase::undoing, {kill_candidate});
}

Transition lose_current(Lifecycle next) {
  Phase phase = next.phase;
  next.current_alive = false;
  bool takes_long = phase == Phase::loading || phase == Phase::carrying;
  // Waiting for a candidate that may need seconds more would interrupt the traffic: restart the release that forwarded.
  if (takes_long && next.purpose == Purpose::upgrade) return to(next, Phase::undoing, {kill_candidate});
  if (phase == Phase::carrying) return to(next, phase, {carry});  // now without a worker beside it
  if (phase == Phase::pausing) return to(next, Phase::resuming, {grant_turn});
  return stay(next);
}

// loading, carrying, preparing, closing, pausing, resuming: a candidate exists.
Transition on_the_way(Lifecycle next, Event event) {
  Phase phase = next.phase;
  switch (event) {
    case Event::candidate_lost: return to(next, Phase::undoing, {kill_candidate});
    case Event::ready:
      if (phase != Phase::loading) return stay(next);
      next.carries = false;
      return to(next, Phase::preparing, {prepare});
    case Event::ready_to_carry:
      if (phase != Phase::loading) return stay(next);
      next.carries = true;
      return to(next, Phase::carrying, {carry});
    case Event::carried: return phase == Phase::carrying ? to(next, Phase::preparing, {prepare}) : stay(next);
    case Event::cannot_carry:
      if (phase != Phase::carrying) return stay(next);
      next.carries = false;
      return to(next, Phase::preparing, {end_carrier, prepare});
    case Event::prepared:
      if (phase != Phase::preparing) return stay(next);
      return next.carries ? to(next, Phase::closing, {prepare_carrier}) : pass_turn(next);
    case Event::carrier_prepared: return phase == Phase::closing ? pass_turn(next) : stay(next);
    case Event::carrier_lost: return lose_carrier(next);
    case Event::paused: return phase == Phase::pausing ? to(next, Phase::resuming, {}) : stay(next);
    case Event::running:  // its message may overtake that of the worker that paused
      return phase == Phase::resuming || phase == Phase::pausing ? succeed(next) : stay(next);
    case Event::pause_overdue:
      if (phase != Phase::pausing) return stay(next);
      return next.purpose == Purpose::revert ? to(next, phase, {kill_current})
                                             : to(next, Phase::undoing, {kill_candidate});
    case Event::pause_overdue_hung: return phase == Phase::pausing ? to(next, phase, {kill_current}) : stay(next);
    case Event::current_lost: return lose_current(next);
    default: return stay(next);
  }
}

}  // namespace

Transition advance(const Lifecycle& now, Event event) {
  Lifecycle next = now;
  if (event == Event::stop)
    return now.phase == Phase::stopping || now.phase == Phase::stopped ? stay(now)
                                                                       : to(now, Phase::stopping, {end_all});
  if (event == Event::previous_lost) {
    next.previous_alive = false;
    return stay(next);
  }
  switch (now.phase) {
    case Phase::idle: return event == Event::takeover ? load(next, Purpose::start) : stay(now);
    case Phase::steady: return in_steady(next, event);
    case Phase::backoff: return in_backoff(next, event);
    case Phase::undoing:
      if (event == Event::current_lost) next.current_alive = false;
      return event == Event::candidate_gone ? undone(next) : stay(next);
    case Phase::stopping: return event == Event::all_gone ? to({}, Phase::stopped, {finish}) : stay(now);
    case Phase::stopped: return stay(now);
    default: return on_the_way(next, event);
  }
}

std::string_view refusal(const Lifecycle& now, Event request) {
  if (now.phase == Phase::stopping || now.phase == Phase::stopped) return "the supervisor is stopping";
  bool settled = now.phase == Phase::steady || now.phase == Phase::backoff;
  switch (request) {
    case Event::takeover:
      if (now.unconfirmed) return "the running release is not confirmed yet: confirm or revert it first";
      if (!settled && now.phase != Phase::idle)
        return "another takeover or restart is under way: try again in a moment";
      return {};
    case Event::confirm:
      if (now.phase != Phase::steady) return "no release is forwarding that could be confirmed";
      return {};
    case Event::revert:
      if (now.phase != Phase::idle && !settled) return "a takeover or restart is under way: try again in a moment";
      if (!now.unconfirmed) return "nothing to revert: the running release is confirmed, or none runs";
      return {};
    default: return {};
  }
}

std::string_view state_word(const Lifecycle& now) {
  switch (now.phase) {
    case Phase::idle: return "idle";
    case Phase::stopping:
    case Phase::stopped: return "stopped";
    case Phase::backoff: return "starting";
    default: break;
  }
  if (!now.current_alive) return "starting";
  return now.unconfirmed ? "probation" : "forwarding";
}

std::string_view phase_word(Phase phase) {
  constexpr std::string_view kWords[] = {"idle",     "loading", "carrying", "preparing", "closing",  "pausing",
                                         "resuming", "undoing", "steady",   "backoff",   "stopping", "stopped"};
  return kWords[size_t(phase)];
}

}  // namespace clickup
