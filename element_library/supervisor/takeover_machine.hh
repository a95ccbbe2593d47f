// The life of the releases under a supervisor as data: states, events, and what to do on each. Pure: no clock, no
// process, no socket; the supervisor carries out the actions and feeds back the events.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace clickup {

// Three roles: the current release is the one that shall forward, the previous one is what an unconfirmed current one
// goes back to, the candidate is on its way to become current.
enum class Phase : uint8_t {
  idle,       // no release
  loading,    // the candidate configures and initialises
  preparing,  // it was told to get ready to forward
  pausing,    // the current worker was told to stop and hand over
  resuming,   // the candidate has the turn
  undoing,    // the candidate failed and must be gone before anything else goes on
  steady,     // the current worker forwards
  backoff,    // the current worker died; the next start is due soon
  stopping,
  stopped,
};

enum class Purpose : uint8_t { start, upgrade, restart, revert };  // what the candidate is for

enum class Event : uint8_t {
  takeover,
  ready,
  prepared,
  paused,
  running,
  pause_overdue,       // the current worker lives but does not pause
  pause_overdue_hung,  // and makes no progress either
  candidate_lost,      // died, failed or took too long
  candidate_gone,      // its process exists no more
  current_lost,
  previous_lost,
  retry_due,
  confirm,
  revert,
  stop,
  all_gone,
};

enum class Action : uint8_t {
  spawn,           // start a worker of the release that `purpose` names
  take_previous,   // the parked worker becomes the candidate
  prepare,
  pause_current,
  grant_turn,      // to the candidate: nobody is there to hand it over
  kill_candidate,
  kill_current,
  resume_current,  // take the turn back and go on, whether it had paused or not
  adopt,           // candidate becomes current, as `purpose` says
  end_previous,
  end_current,
  report_success,
  report_failure,
  report_ended,    // nothing was there to go back to, nothing runs any more
  schedule_retry,
  arm_confirm,
  disarm_confirm,
  end_all,
  finish,
};

struct Lifecycle {
  Phase phase = Phase::idle;
  Purpose purpose = Purpose::start;
  bool current = false, current_alive = false;
  bool previous = false, previous_alive = false;
  bool unconfirmed = false;
};

struct Transition {
  Lifecycle next;
  std::vector<Action> actions;
};

// Events that mean nothing in a phase change nothing.
Transition advance(const Lifecycle& now, Event event);

// Why a request cannot be granted now; empty when it can.
std::string_view refusal(const Lifecycle& now, Event request);

std::string_view state_word(const Lifecycle& now);  // for people and the reconciler
std::string_view phase_word(Phase phase);

}  // namespace clickup
