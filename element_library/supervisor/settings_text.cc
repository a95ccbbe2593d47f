#include "supervisor/settings_text.hh"

#include <algorithm>

namespace clickup {

std::string read_settings(std::string_view text,
                          const std::function<std::string(std::string_view key, std::string_view value)>& read) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    size_t equals = line.find('=');
    if (equals == line.npos) return "line '" + std::string(line) + "': KEY=VALUE is needed";
    if (std::string why = read(line.substr(0, equals), line.substr(equals + 1)); !why.empty()) return why;
  }
  return {};
}

}  // namespace clickup
