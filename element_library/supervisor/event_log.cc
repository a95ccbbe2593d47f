#include "supervisor/event_log.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "supervisor/json_text.hh"

namespace clickup {

std::string iso_time_now() {
  timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  tm parts;
  ::gmtime_r(&now.tv_sec, &parts);
  char text[32], whole[48];
  ::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  ::snprintf(whole, sizeof whole, "%s.%03ldZ", text, now.tv_nsec / 1'000'000);
  return whole;
}

std::string EventLog::open(const std::string& path) {
  path_ = path;
  file_.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!file_) return "cannot write the log '" + path + "': " + std::strerror(errno);
  struct stat status;
  written_ = ::fstat(file_.get(), &status) == 0 ? size_t(status.st_size) : 0;
  return {};
}

void EventLog::add(std::string_view event, Fields fields) {
  JsonText json;
  json.begin_object().field("time", iso_time_now()).field("event", event);
  for (const auto& [name, text] : fields) json.field(name, text);
  std::string line = json.end_object().text() + "\n";
  // A full disk must not stop the traffic: a line that cannot be written is kept only in memory.
  ssize_t count = file_ ? ::write(file_.get(), line.data(), line.size()) : -1;
  written_ += count > 0 ? size_t(count) : 0;
  lines_.push_back(std::move(line));
  if (lines_.size() > kRecent) lines_.pop_front();
  if (written_ > kMaxFile && ::rename(path_.c_str(), (path_ + ".1").c_str()) == 0) open(path_);
}

std::string EventLog::recent() const {
  std::string text;
  for (const std::string& line : lines_) text += line;
  return text;
}

}  // namespace clickup
