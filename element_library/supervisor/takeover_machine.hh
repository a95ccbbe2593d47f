// The life of the releases under a supervisor as data: states, events, and what to do on each. Pure: no clock, no
// process, no socket; the supervisor carries out the actions and feeds back the events.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace clickup {

// Three roles: the current release is the one that should forward, the previous one is what an unconfirmed current one
// is reverted to, the candidate is about to become current.
enum class Phase : uint8_t {
  idle,       // no release
  loading,    // the candidate configures and initialises
  carrying,   // records are carried into its tables, while the current worker forwards if there is one
  preparing,  // it was told to get ready to forward
  closing,    // the carrier gets ready to carry the rest
  pausing,    // the current worker was told to stop and hand over
  resuming,   // the turn is the carrier's, if there is one, and then the candidate's
  undoing,    // the candidate failed and must be gone before anything else goes on
  steady,     // the current worker forwards
  backoff,    // the current worker died; the next start is due soon
  stopping,
  stopped,
};

enum class Purpose : uint8_t { start, upgrade, restart, revert };  // what the candidate is for

enum class Event : uint8_t {
  takeover,
  ready,           // its tables have their records
  ready_to_carry,  // they are to be carried
  carried,         // all records but a few
  cannot_carry,    // the records of any table
  prepared,
  carrier_prepared,
  paused,
  running,
  pause_overdue,       // the current worker lives but does not pause
  pause_overdue_hung,  // and makes no progress either
  candidate_lost,      // died, failed or took too long
  candidate_gone,      // its process no longer exists, nor does the carrier's
  carrier_lost,        // died before it passed the turn on
  current_lost,
  previous_lost,
  retry_due,
  confirm,
  revert,
  stop,
  all_gone,
};

enum class Action : uint8_t {
  spawn,          // start a worker of the release that `purpose` names
  take_previous,  // the parked worker becomes the candidate
  carry,          // into the candidate's tables; starts a carrier when there is none
  carry_back,     // into the previous release's tables, as they change
  end_carrier,
  prepare,
  prepare_carrier,
  pause_current,
  grant_turn,      // to the next process, as none is left to hand it over
  kill_candidate,  // and the carrier
  kill_current,
  resume_current,  // take the turn back and go on, whether it had paused or not
  adopt,           // candidate becomes current, as `purpose` says
  end_previous,
  end_current,
  report_success,
  report_failure,
  report_ended,  // there was nothing to revert to; nothing runs any more
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
  bool carries = false;  // the tables on both sides of the takeover or revert differ
};

struct Transition {
  Lifecycle next;
  std::vector<Action> actions;
};

// Events without meaning in a phase are ignored.
Transition advance(const Lifecycle& now, Event event);

// Why a request cannot be granted now; empty when it can.
std::string_view refusal(const Lifecycle& now, Event request);

std::string_view state_word(const Lifecycle& now);  // for people and the reconciler
std::string_view phase_word(Phase phase);

}  // namespace clickup
