// Without arguments: visits every state that any order of events can reach and prints violations of invariants.
// With events as arguments: prints the actions of each, and the state in the end.
#include <cstdio>
#include <cstring>
#include <deque>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "supervisor/takeover_machine.hh"

namespace clickup {
namespace {

constexpr const char* kEvents[] = {
    "takeover",         "ready",        "ready_to_carry", "carried",       "cannot_carry",       "prepared",
    "carrier_prepared", "paused",       "running",        "pause_overdue", "pause_overdue_hung", "candidate_lost",
    "candidate_gone",   "carrier_lost", "current_lost",   "previous_lost", "retry_due",          "confirm",
    "revert",           "stop",         "all_gone"};
constexpr const char* kActions[] = {
    "spawn",           "take_previous", "carry",          "carry_back",     "end_carrier",    "prepare",
    "prepare_carrier", "pause_current", "grant_turn",     "kill_candidate", "kill_current",   "resume_current",
    "adopt",           "end_previous",  "end_current",    "report_success", "report_failure", "report_ended",
    "schedule_retry",  "arm_confirm",   "disarm_confirm", "end_all",        "finish"};
constexpr const char* kPurposes[] = {"start", "upgrade", "restart", "revert"};
constexpr size_t kEventCount = std::size(kEvents);

using Key = std::tuple<Phase, Purpose, bool, bool, bool, bool, bool, bool>;
Key key(const Lifecycle& l) {
  return {l.phase, l.purpose, l.current, l.current_alive, l.previous, l.previous_alive, l.unconfirmed, l.carries};
}

std::string describe(const Lifecycle& l) {
  std::string text = std::string(phase_word(l.phase)) + "/" + kPurposes[size_t(l.purpose)];
  if (l.current) text += l.current_alive ? " current" : " current(dead)";
  if (l.previous) text += l.previous_alive ? " previous" : " previous(dead)";
  return text + (l.unconfirmed ? " unconfirmed" : "") + (l.carries ? " carries" : "");
}

bool possible(const Lifecycle& l, Event event) {  // whether the event can occur in this state
  bool request = event == Event::takeover || event == Event::confirm || event == Event::revert;
  if (request && !refusal(l, event).empty()) return false;
  if (event == Event::current_lost) return l.current_alive;
  if (event == Event::ready_to_carry) return l.purpose != Purpose::restart;  // into the same tables
  if (event == Event::previous_lost) return l.previous_alive && l.purpose != Purpose::revert;
  return true;
}

const char* violation(const Lifecycle& l) {
  bool candidate = l.phase >= Phase::loading && l.phase <= Phase::undoing;
  if (l.phase == Phase::steady && !l.current_alive) return "steady without a worker";
  if (l.phase == Phase::idle && (l.current || l.previous || l.unconfirmed)) return "idle with a release";
  if (l.phase == Phase::backoff && (!l.current || l.current_alive)) return "backoff with nothing to start or a worker";
  if (l.previous && !l.unconfirmed) return "a previous release without probation";
  if (candidate && l.purpose == Purpose::revert && !l.previous) return "a revert to nothing";
  if (candidate && l.purpose != Purpose::start && !l.current) return "no release but not a first start";
  if (candidate && l.purpose == Purpose::upgrade && l.previous) return "an upgrade on probation";
  if (l.phase == Phase::pausing && !l.current_alive) return "pausing a dead worker";
  if ((l.phase == Phase::carrying || l.phase == Phase::closing) && !l.carries) return "a carrier with nothing to carry";
  if (l.carries && !candidate && !l.previous && l.phase != Phase::stopping)
    return "a carrier and nothing to go back to";
  return nullptr;
}

int explore() {
  std::map<Key, Lifecycle> seen{{key({}), {}}};
  std::map<Key, std::set<Key>> before;
  std::deque<Lifecycle> waiting{{}};
  int wrong = 0;
  for (; !waiting.empty(); waiting.pop_front()) {
    Lifecycle now = waiting.front();
    if (const char* why = violation(now)) std::printf("%s: %s\n", describe(now).c_str(), why), ++wrong;
    for (size_t i = 0; i < kEventCount; ++i) {
      if (!possible(now, Event(i))) continue;
      Lifecycle next = advance(now, Event(i)).next;
      before[key(next)].insert(key(now));
      if (seen.emplace(key(next), next).second) waiting.push_back(next);
    }
  }
  // From every state, one can be reached in which a worker forwards, none should, or everything has ended.
  std::set<Key> good;
  std::deque<Key> open;
  for (const auto& [k, l] : seen)
    if (l.phase == Phase::steady || l.phase == Phase::idle || l.phase == Phase::stopped) open.push_back(k);
  for (; !open.empty(); open.pop_front())
    if (good.insert(open.front()).second)
      open.insert(open.end(), before[open.front()].begin(), before[open.front()].end());
  for (const auto& [k, l] : seen)
    if (!good.contains(k)) std::printf("%s: no way out\n", describe(l).c_str()), ++wrong;
  std::printf("%zu states\n", seen.size());
  return wrong ? 1 : 0;
}

int trace(int count, char** words) {
  Lifecycle now;
  for (int i = 0; i < count; ++i) {
    size_t event = 0;
    while (event < kEventCount && std::strcmp(kEvents[event], words[i]) != 0) ++event;
    if (event == kEventCount) return 2;
    Transition transition = advance(now, Event(event));
    now = transition.next;
    std::printf("%s:", words[i]);
    for (Action action : transition.actions) std::printf(" %s", kActions[size_t(action)]);
    std::printf("\n");
  }
  std::printf("%s\n", describe(now).c_str());
  return 0;
}

}  // namespace
}  // namespace clickup

int main(int count, char** words) { return count == 1 ? clickup::explore() : clickup::trace(count - 1, words + 1); }
