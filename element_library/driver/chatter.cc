// Log lines of elements. Never blocks the packet path: lines that standard error does not accept at once are lost.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <unordered_map>

#include "driver/element.hh"

namespace clickup {
namespace {

constexpr uint32_t kLinesPerSecond = 10;
constexpr size_t kMaxLine = 4096;  // a pipe that polls writable takes this much

struct Window {
  uint64_t since_ns = 0;
  uint32_t lines = 0;
  uint64_t suppressed = 0;
};

void write_line(const std::string& prefix, std::string_view text) {
  pollfd error{STDERR_FILENO, POLLOUT, 0};
  if (poll(&error, 1, 0) != 1 || !(error.revents & POLLOUT)) return;
  std::string line = prefix + ": ";
  line.append(text.substr(0, kMaxLine - 1 - std::min(line.size(), kMaxLine - 1)));
  if (line.empty() || line.back() != '\n') line += '\n';
  [[maybe_unused]] ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

void chatter(const Element& element, std::string_view text) {
  static std::unordered_map<std::string, Window> windows;
  Window& window = windows[element.name()];
  uint64_t now = now_ns();
  if (window.since_ns == 0 || now - window.since_ns >= 1'000'000'000) {
    if (window.suppressed > 0) {
      write_line(element.name(), "(" + std::to_string(window.suppressed) + " lines left out)");
    }
    window = {now, 0, 0};
  }
  if (window.lines == kLinesPerSecond) {
    ++window.suppressed;
    return;
  }
  ++window.lines;
  write_line(element.name(), text);
}

}  // namespace clickup
