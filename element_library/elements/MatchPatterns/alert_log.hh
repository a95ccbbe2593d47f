// Alerts as JSON, one a line, on standard error or at the end of a file; at most so many a second.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>

#include "elements/MatchPatterns/match_kernel.hh"
#include "support/ip_address/ip_address.hh"
#include "support/named_file/named_file.hh"
#include "support/token_bucket/token_bucket.hh"

namespace clickup {

namespace alert_log_detail {

inline std::string json_text(std::string_view text) {
  std::string quoted = "\"";
  for (char character : text) {
    char escaped[8];
    if (character == '"' || character == '\\') quoted += '\\';
    if (uint8_t(character) >= 0x20) {
      quoted += character;
    } else {
      std::snprintf(escaped, sizeof escaped, "\\u%04x", unsigned(uint8_t(character)));
      quoted += escaped;
    }
  }
  return quoted + "\"";
}

// RFC 3339, microseconds, UTC.
inline std::string time_text(uint64_t realtime_ns) {
  time_t seconds = time_t(realtime_ns / kSecond);
  tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40], all[64];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(all, sizeof all, "%s.%06uZ", text, unsigned(realtime_ns % kSecond / 1000));
  return all;
}

}  // namespace alert_log_detail

inline std::string alert_text(const PatternAlert& alert, std::string_view element, uint64_t realtime_ns) {
  using namespace alert_log_detail;
  const Session& flow = alert.flow;
  auto endpoint = [&](const char* name, bool second) {
    std::string address = ip_address_text(second ? flow.second_address : flow.first_address);
    uint16_t port = second ? flow.second_port : flow.first_port;
    return std::string(", \"") + name + "\": \"" + address + "\", \"" + name + "_port\": " + std::to_string(port);
  };
  std::string line = "{\"time\": \"" + time_text(realtime_ns) + "\", \"element\": " + json_text(element);
  bool match = alert.rule != PatternAlert::kContradiction;
  line += match ? ", \"alert\": \"match\", \"rule\": " + std::to_string(alert.rule) : ", \"alert\": \"contradiction\"";
  line += flow.protocol == protocol::tcp ? ", \"protocol\": \"tcp\"" : ", \"protocol\": \"udp\"";
  line += endpoint("source", alert.from_second) + endpoint("destination", !alert.from_second);
  if (alert.end) line += ", \"end\": " + std::to_string(alert.end);
  return line + "}\n";
}

class AlertLog : public AlertSink {
 public:
  // Standard error when `path` is empty. Returns why the file cannot be written, empty on success; then what was open
  // before stays open.
  std::string open(const std::string& path) {
    if (path.empty()) return file_.take(FileDescriptor(::dup(STDERR_FILENO))), "";
    std::string error = file_.open(path);
    return error.empty() ? "" : "ALERTS " + error;
  }
  void set_rate(double lines_per_second) {
    bucket_.set(lines_per_second, lines_per_second);
    bucket_.fill();
  }
  void set_element(std::string name) { element_ = std::move(name); }

  // Before the alerts of a batch: the time of day that they get.
  void begin(uint64_t now_ns, uint64_t realtime_ns) {
    realtime_ns_ = realtime_ns;
    bucket_.refill(now_ns);
  }
  // Lines that the file does not take at once are lost, because packets do not wait.
  AlertFate alert(const PatternAlert& alert) override {
    if (bucket_.whole() == 0) return AlertFate::suppressed;
    bucket_.take(1);
    return file_.write(alert_text(alert, element_, realtime_ns_)) ? AlertFate::told : AlertFate::lost;
  }

 private:
  AppendedFile file_;
  TokenBucket bucket_;
  std::string element_;
  uint64_t realtime_ns_ = 0;
};

}  // namespace clickup
