// What the packet path gets of the processors: its priority and its cores, as wanted and as allowed.
//
// On a processor that others want too, the supervisor goes before its workers (it must see that one of them spins), a
// worker before the carrier of the pause, and these before everything else (sched(7)).
#pragma once

#include <sched.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clickup {

class JsonText;

enum class Priority : uint8_t { normal, high, realtime };
enum class Rank : uint8_t { carrier, worker, supervisor };

std::string_view priority_word(Priority priority);

class Scheduling {
 public:
  Scheduling();

  // priority=best|realtime|high|normal; cores=N,N,... or nothing for all. What is not named stays. Returns an empty
  // string, else what is wrong: nothing has changed then.
  std::string change(std::string_view key, std::string_view value);

  // Gives a process (its first thread) what is wanted, or the best below it that is allowed; what it starts begins
  // anew.
  void place(pid_t process, Rank rank);
  // Behind other programs, as work that can wait.
  static void step_back(pid_t process);

  Priority granted() const { return granted_; }  // to the one placed last
  void describe(JsonText& json) const;           // fields of an object that is begun

 private:
  void place_on_cores(pid_t process);

  std::optional<Priority> wanted_;  // none: the best that is allowed
  std::vector<int> cores_;          // empty: those that we were started on
  cpu_set_t all_;
  Priority granted_ = Priority::normal;
  std::string refused_;  // why it is not what is wanted, or the best there is
  std::string cores_refused_;
};

}  // namespace clickup
