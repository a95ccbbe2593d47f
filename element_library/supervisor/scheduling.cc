#include "supervisor/scheduling.hh"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "shared/file_descriptor.hh"
#include "supervisor/json_text.hh"
#include "supervisor/settings_text.hh"

namespace clickup {
namespace {

constexpr int kFirstRealtime = 9;  // of SCHED_FIFO, for the lowest rank: below what kernels use for interrupt threads
constexpr int kHighNice = -15, kLowNice = 15;
constexpr Priority kAll[] = {Priority::realtime, Priority::high, Priority::normal};

// Returns false when it is not allowed, with errno.
bool set_policy(pid_t process, int policy, int level) {
  sched_param parameter{};
  parameter.sched_priority = level;
  return ::sched_setscheduler(process, policy | SCHED_RESET_ON_FORK, &parameter) == 0;
}

// Where the kernel divides processor time between sessions, niceness counts only within a session (sched(7)): workers
// and carriers have sessions of their own, which get the same niceness.
void set_nice_of_session(pid_t process, int nice) {
  std::string name = process ? std::to_string(process) : "self", value = std::to_string(nice);
  FileDescriptor file(::open(("/proc/" + name + "/autogroup").c_str(), O_WRONLY | O_CLOEXEC));
  if (file && ::write(file.get(), value.data(), value.size()) < 0) return;  // setpriority reports the cause
}

bool set_nice(pid_t process, int nice) {
  set_nice_of_session(process, nice);
  return ::setpriority(PRIO_PROCESS, id_t(process), nice) == 0;
}

bool grant(pid_t process, Priority priority, Rank rank) {
  if (priority == Priority::realtime) return set_policy(process, SCHED_FIFO, kFirstRealtime + int(rank));
  set_policy(process, SCHED_OTHER, 0);
  return set_nice(process, priority == Priority::high ? kHighNice : 0);
}

std::string needs(Priority refused) {
  return std::string(priority_word(refused)) + ": " + std::strerror(errno) +
         (refused == Priority::realtime ? " (CAP_SYS_NICE or RLIMIT_RTPRIO is needed)"
                                        : " (CAP_SYS_NICE or RLIMIT_NICE is needed)");
}

std::string read_cores(std::string_view text, std::vector<int>& cores) {
  std::vector<int> read;
  while (!text.empty()) {
    std::string_view word = text.substr(0, text.find(','));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    int core = 0;
    if (std::string why = read_number("cores", word, 0, CPU_SETSIZE - 1, core); !why.empty()) return why;
    read.push_back(core);
  }
  cores = std::move(read);
  return {};
}

}  // namespace

std::string_view priority_word(Priority priority) {
  constexpr std::string_view kWords[] = {"normal", "high", "realtime"};
  return kWords[size_t(priority)];
}

Scheduling::Scheduling() {
  if (::sched_getaffinity(0, sizeof all_, &all_) != 0) std::memset(&all_, 0xff, sizeof all_);
}

std::string Scheduling::change(std::string_view key, std::string_view value) {
  if (key == "cores") return read_cores(value, cores_);
  for (Priority priority : kAll) {
    if (value != priority_word(priority)) continue;
    wanted_ = priority;
    return {};
  }
  if (value != "best") return "priority=" + std::string(value) + ": best, realtime, high or normal is needed";
  wanted_.reset();
  return {};
}

void Scheduling::place(pid_t process, Rank rank) {
  place_on_cores(process);
  refused_.clear();
  for (Priority priority : kAll) {
    if (priority > wanted_.value_or(Priority::realtime)) continue;
    granted_ = priority;
    if (grant(process, priority, rank)) return;
    if (priority != Priority::normal) refused_ += (refused_.empty() ? "" : "; ") + needs(priority);
  }
}

void Scheduling::step_back(pid_t process) {
  set_policy(process, SCHED_BATCH, 0);
  set_nice(process, kLowNice);
}

void Scheduling::place_on_cores(pid_t process) {
  cpu_set_t wanted = all_;
  if (!cores_.empty()) CPU_ZERO(&wanted);
  for (int core : cores_) CPU_SET(core, &wanted);
  bool placed = ::sched_setaffinity(process, sizeof wanted, &wanted) == 0;
  cores_refused_ =
      placed || cores_.empty() ? "" : std::string("cores: ") + std::strerror(errno) + " (is there such a core?)";
}

void Scheduling::describe(JsonText& json) const {
  json.field("wanted", wanted_ ? priority_word(*wanted_) : "best").field("priority", priority_word(granted_));
  json.key("cores").begin_list();
  for (int core : cores_) json.value(uint64_t(core));
  json.end_list().field("refused",
                        refused_ + (refused_.empty() || cores_refused_.empty() ? "" : "; ") + cores_refused_);
}

}  // namespace clickup
