// The delay before a dead worker is started again: the longer, the more often it died.
#pragma once

#include <cstdint>
#include <string>

namespace clickup {

class EventLog;

class RestartBackoff {
 public:
  explicit RestartBackoff(EventLog& log) : log_(log) {}

  void note_death(uint64_t lived_ns);          // of a worker that forwarded
  void note_failure() { ++deaths_in_a_row_; }  // of a worker that could not start to forward
  // Until the next start, in ns. `why` is what ended the last one.
  uint64_t wait(const std::string& why);

  const std::string& problem() const { return problem_; }  // for people, empty while there is none
  void solved() { problem_.clear(); }

 private:
  EventLog& log_;
  uint32_t deaths_in_a_row_ = 0;
  std::string problem_;
};

}  // namespace clickup
