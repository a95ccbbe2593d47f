// Reads and compiles pattern sets while another thread processes packets.
#pragma once

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "support/named_file/named_file.hh"
#include "support/pattern_set/pattern_set.hh"

namespace clickup {

struct PatternSource {
  std::string path;   // of a rules file; may be empty
  std::string rules;  // further rules, as in such a file
};

// The set of these rules, or nullptr and why there is none.
inline std::unique_ptr<PatternSet> load_patterns(const PatternSource& source, std::string& error) {
  std::vector<PatternRule> rules;
  std::string text;
  if (!source.path.empty()) error = read_named_file(source.path, text);
  if (!error.empty()) return error = "PATTERNS " + error, nullptr;
  if (error = parse_pattern_rules(text, rules); !error.empty()) return error = source.path + ", " + error, nullptr;
  if (error = parse_pattern_rules(source.rules, rules); !error.empty()) return error = "RULES, " + error, nullptr;
  return std::make_unique<PatternSet>(std::move(rules));
}

// One load at a time. The thread that forwards starts it and asks whether it is done; a thread of its own does the
// work.
class PatternLoader {
 public:
  using Done = std::function<void(std::string error)>;

  ~PatternLoader() {
    if (thread_.joinable()) thread_.join();
  }
  bool busy() const { return thread_.joinable(); }

  // `outgrown`: a set to be freed by the thread, since that takes a while too. finish() calls `done` with the result.
  void start(PatternSource source, std::unique_ptr<PatternSet> outgrown, Done done) {
    source_ = std::move(source);
    done_ = std::move(done);
    finished_.store(false, std::memory_order_relaxed);
    thread_ = std::thread([this, busy = sched_getcpu(), outgrown = std::move(outgrown)]() mutable {
      step_aside(busy);
      outgrown.reset();
      loaded_ = load_patterns(source_, error_);
      finished_.store(true, std::memory_order_release);
    });
  }

  // Once the load is over: calls use(source, set) with the result, if any, and then `done`.
  template <class Use>
  void finish(const Use& use) {
    if (!busy() || !finished_.load(std::memory_order_acquire)) return;
    thread_.detach();  // it only has to end, and need not be waited for
    if (loaded_) use(std::move(source_), std::move(loaded_));
    std::exchange(done_, nullptr)(std::exchange(error_, ""));
  }

 private:
  // Uses another processor than the packets, if there is one, and there only time that others leave.
  static void step_aside(int busy) {
    cpu_set_t others;
    std::memset(&others, 0xff, sizeof others);
    if (busy >= 0) CPU_CLR(size_t(busy), &others);
    ::sched_setaffinity(0, sizeof others, &others);
    ::setpriority(PRIO_PROCESS, id_t(::syscall(SYS_gettid)), 19);
  }

  PatternSource source_;
  Done done_;
  std::unique_ptr<PatternSet> loaded_;
  std::string error_;
  std::atomic<bool> finished_ = false;
  std::thread thread_;
};

}  // namespace clickup
