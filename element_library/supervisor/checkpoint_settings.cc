#include "supervisor/checkpoint_settings.hh"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>

namespace clickup {
namespace {

template <class Number>
std::string read_number(std::string_view key, std::string_view value, Number least, Number most, Number& number) {
  Number read = 0;
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), read);
  bool good = error == std::errc {} && end == value.data() + value.size() && read >= least && read <= most;
  if (good) number = read;
  return good ? "" : std::string(key) + "=" + std::string(value) + ": a number from " + std::to_string(least) + " to " +
                         std::to_string(most) + " is needed";
}

std::string read_setting(std::string_view key, std::string_view value, CheckpointSettings& settings) {
  if (key == "interval_ms") return read_number<uint64_t>(key, value, 0, 86'400'000, settings.interval_ms);
  if (key == "keep") return read_number<uint32_t>(key, value, 1, 10'000, settings.keep);
  if (key != "directory") return "unknown key '" + std::string(key) + "'; known: directory, interval_ms, keep";
  settings.directory = value;
  return {};
}

}  // namespace

std::string change_settings(std::string_view text, CheckpointSettings& settings) {
  CheckpointSettings changed = settings;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    size_t equals = line.find('=');
    if (equals == line.npos) return "line '" + std::string(line) + "': KEY=VALUE is needed";
    if (std::string why = read_setting(line.substr(0, equals), line.substr(equals + 1), changed); !why.empty()) return why;
  }
  settings = std::move(changed);
  return {};
}

void make_checkpoint_directory(const CheckpointSettings& settings) {
  if (!settings.directory.empty()) ::mkdir(settings.directory.c_str(), 0700);
}

}  // namespace clickup
