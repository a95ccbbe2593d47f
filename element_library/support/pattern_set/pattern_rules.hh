// Rules of a pattern set as text, one per line:
//
//   1001 "GET /admin"             a number of its own, then the pattern in double quotes
//   1002 "\x90\x90\xcc" nocase    nocase: letters match in either case
//
// Escapes within quotes: \xHH for any byte, \\, \", \n, \r, \t. Empty lines and text after a '#' are ignored.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clickup {

struct PatternRule {
  static constexpr size_t kShortest = 2, kLongest = 255;  // bytes

  uint32_t id = 0;
  bool nocase = false;
  std::string text;
};

inline constexpr size_t kMostPatternRules = 100'000;

// Appends the rules in `text` to `rules`. Returns its mistakes, one per line and at most ten, empty for none.
std::string parse_pattern_rules(std::string_view text, std::vector<PatternRule>& rules);

}  // namespace clickup
