// The packet path's share of the processors: priority and cores, as wanted and as allowed.
//
// On a contended processor the supervisor has priority over its workers (it must detect one that spins), a worker over
// the carrier within the pause, and these over everything else (sched(7)).
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

  // priority=best|realtime|high|normal; cores=N,N,... or nothing for all. Keys left out keep their values. Returns an
  // error, after which nothing has changed; empty on success.
  std::string change(std::string_view key, std::string_view value);

  // Gives a process (its first thread) the wanted priority, or the best allowed one below it; its children do not
  // inherit it.
  void place(pid_t process, Rank rank);
  // Below other programs, as work that can wait.
  static void step_back(pid_t process);

  Priority granted() const { return granted_; }  // to the one placed last
  void describe(JsonText& json) const;           // fields of an object that is begun

 private:
  void place_on_cores(pid_t process);

  std::optional<Priority> wanted_;  // none: the best allowed one
  std::vector<int> cores_;          // empty: those that we were started on
  cpu_set_t all_;
  Priority granted_ = Priority::normal;
  std::string refused_;  // why less was granted than wanted
  std::string cores_refused_;
};

}  // namespace clickup
