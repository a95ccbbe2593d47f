// Lists in one text: `a; b; c`. Blanks around entries, and empty entries, are ignored.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace clickup {

inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  size_t first = text.find_first_not_of(kSpace);
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

inline std::vector<std::string> split_entries(std::string_view text, char separator = ';') {
  std::vector<std::string> entries;
  while (!text.empty()) {
    size_t end = std::min(text.find(separator), text.size());
    if (std::string_view entry = trimmed(text.substr(0, end)); !entry.empty()) entries.emplace_back(entry);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return entries;
}

}  // namespace clickup
