#include "support/pattern_set/pattern_set.hh"

#include <algorithm>

namespace clickup {

size_t PatternSet::bytes() const {
  auto size = [](const auto& parts) { return parts.size() * sizeof(parts[0]); };
  return size(nodes_) + size(fans_) + size(endings_) + size(rows_) + size(filter_) + size(rules_);
}

bool PatternSet::case_fits(const PatternRule& rule, Bytes before, Bytes data) const {
  if (rule.nocase || fold_ == 0) return true;
  size_t here = std::min(rule.text.size(), data.size()), there = rule.text.size() - here;
  auto fits = [](Bytes bytes, std::string_view text) {
    return std::equal(text.begin(), text.end(), bytes.end() - ptrdiff_t(text.size()),
                      [](char wanted, uint8_t byte) { return uint8_t(wanted) == byte; });
  };
  std::string_view text = rule.text;
  return there <= before.size() && fits(before, text.substr(0, there)) && fits(data, text.substr(there));
}

}  // namespace clickup
