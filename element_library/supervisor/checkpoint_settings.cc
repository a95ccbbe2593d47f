#include "supervisor/checkpoint_settings.hh"

#include <sys/stat.h>

#include <utility>

#include "supervisor/settings_text.hh"

namespace clickup {
namespace {

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
  auto read = [&changed](std::string_view key, std::string_view value) { return read_setting(key, value, changed); };
  if (std::string why = read_settings(text, read); !why.empty()) return why;
  settings = std::move(changed);
  return {};
}

void make_checkpoint_directory(const CheckpointSettings& settings) {
  if (!settings.directory.empty()) ::mkdir(settings.directory.c_str(), 0700);
}

}  // namespace clickup
