// Records of a state table as lines for people: the handler `table [LIMIT]`.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "driver/arguments.hh"
#include "state_table/state_table.hh"

namespace clickup {

// `line(index)` is the text of a record without its line end. `limit`: most lines, 1000 when empty.
template <class Layout, class Line>
std::string table_text(const StateTable<Layout>& records, std::string_view limit, const Line& line) {
  constexpr uint64_t kMost = 65536;  // nothing is forwarded meanwhile: takes tens of milliseconds
  uint64_t most = 1000, lines = 0;
  if (!limit.empty() && !parse_unsigned(limit, most)) return "'" + std::string(limit) + "' is no number of lines\n";
  most = std::min(most, kMost);
  std::string text;
  for (uint32_t index = 0; index < records.fresh() && lines < most; ++index) {
    if (!records.used(index)) continue;
    text += line(index) + "\n";
    ++lines;
  }
  if (records.count() <= lines) return text;
  text += "... " + std::to_string(records.count() - lines) + " more";
  return text + (most < kMost ? ": read 'table N' for N lines\n" : "\n");
}

}  // namespace clickup
