// The supervisor's log: a file with one JSON object per line, and the newest lines in memory.
#pragma once

#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "shared/file_descriptor.hh"

namespace clickup {

class EventLog {
 public:
  using Fields = std::initializer_list<std::pair<std::string_view, std::string>>;
  static constexpr size_t kMaxFile = 8u << 20;  // then it becomes PATH.1 and a new one begins
  static constexpr size_t kRecent = 200;

  // Returns an empty string on success, else why not.
  std::string open(const std::string& path);
  void add(std::string_view event, Fields fields = {});
  std::string recent() const;

 private:
  std::string path_;
  FileDescriptor file_;
  size_t written_ = 0;
  std::deque<std::string> lines_;
};

std::string iso_time_now();  // UTC with milliseconds

}  // namespace clickup
