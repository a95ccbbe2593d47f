#include "supervisor/release.hh"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "supervisor/json_text.hh"
#include "supervisor/settings_text.hh"

namespace clickup {
namespace {

constexpr uint64_t kShortest = 1, kLongest = 86'400'000;  // ms

std::string read_field(std::string_view key, std::string_view value, Release& release) {
  if (key == "attempt") release.attempt = value;
  else if (key == "release") release.release = value;
  else if (key == "driver") release.driver = value;
  else if (key == "config") release.config = value;
  else if (key == "carrier") release.carrier = value;
  else if (key == "lose") release.lose.emplace(value);
  else if (key == "restore") release.restore = value;
  else if (key == "confirm_timeout_ms") return read_number(key, value, kShortest, kLongest, release.confirm_timeout_ms);
  else if (key == "start_timeout_ms") return read_number(key, value, kShortest, kLongest, release.start_timeout_ms);
  else
    return "unknown key '" + std::string(key) +
           "'; known: attempt, release, driver, config, carrier, lose, restore, "
           "confirm_timeout_ms, start_timeout_ms";
  return {};
}

std::string check_file(const char* key, const std::string& path, int mode) {
  if (path.empty() || path[0] != '/') return std::string(key) + "='" + path + "': an absolute path is needed";
  if (::access(path.c_str(), mode) != 0) return std::string(key) + "='" + path + "': " + std::strerror(errno);
  return {};
}

}  // namespace

std::string read_release(std::string_view text, Release& release) {
  auto read = [&release](std::string_view key, std::string_view value) { return read_field(key, value, release); };
  if (std::string why = read_settings(text, read); !why.empty()) return why;
  if (release.attempt.empty()) return "attempt=ID is missing";
  if (release.release.empty()) return "release=DIGEST is missing";
  if (std::string why = check_file("driver", release.driver, X_OK); !why.empty()) return why;
  if (release.carrier.empty()) release.carrier = release.driver;
  if (std::string why = check_file("carrier", release.carrier, X_OK); !why.empty()) return why;
  if (!release.restore.empty())
    if (std::string why = check_file("restore", release.restore, R_OK); !why.empty()) return why;
  return check_file("config", release.config, R_OK);
}

std::string TakeoverReport::json() const {
  JsonText json;
  json.begin_object().field("attempt", attempt).field("release", release).field("previous", previous);
  json.field("pause_ns", pause_ns).field("waiting_packets", waiting_packets).field("dropped_packets", dropped_packets);
  json.key("states").begin_object();
  for (const auto& [name, state] : states) {
    json.key(name).begin_object().field("fate", state.fate).field("kept", state.kept).field("migrated", state.migrated);
    json.field("expired", state.expired).field("lost", state.lost).field("from", state.from).end_object();
  }
  json.end_object().field("precopy_ms", precopy_ms).field("rounds", rounds).field("last_records", last_records);
  json.field("result", result);
  if (kProtocol >= kFirstWithCauses) json.field("cause", cause_word(reason.cause));
  return json.field("reason", reason.text).end_object().text();
}

}  // namespace clickup
