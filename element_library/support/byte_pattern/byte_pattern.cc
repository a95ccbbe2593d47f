#include "support/byte_pattern/byte_pattern.hh"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

#include "driver/arguments.hh"

namespace clickup {
namespace {

struct MaskedBytes {
  std::vector<uint8_t> values, masks;
};

bool add_digit(char c, uint8_t& value, uint8_t& mask) {
  value = uint8_t(value << 4);
  mask = uint8_t(mask << 4);
  if (c == '?') return true;
  size_t digit = std::string_view("0123456789abcdef").find(char(c >= 'A' && c <= 'F' ? c + 32 : c));
  if (digit == std::string_view::npos) return false;
  value = uint8_t(value | digit);
  mask |= 15;
  return true;
}

std::optional<MaskedBytes> parse_hexadecimal(std::string_view text) {
  MaskedBytes bytes;
  if (text.empty() || text.size() % 2 != 0) return std::nullopt;
  for (size_t i = 0; i < text.size(); i += 2) {
    uint8_t value = 0, mask = 0;
    if (!add_digit(text[i], value, mask) || !add_digit(text[i + 1], value, mask)) return std::nullopt;
    bytes.values.push_back(value);
    bytes.masks.push_back(mask);
  }
  return bytes;
}

// The first `count` bytes of a word, as they lie in memory.
void append_hexadecimal(std::string& text, uint64_t word, uint32_t count) {
  std::array<uint8_t, 8> bytes;
  std::memcpy(bytes.data(), &word, bytes.size());
  for (uint32_t i = 0; i < count; ++i) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", bytes[i]);
    text += digits;
  }
}

// BytePattern's words for bytes from `offset` on.
template <typename Word>
std::vector<Word> words_at(uint32_t offset, const MaskedBytes& bytes) {
  std::vector<Word> words;
  for (size_t i = 0; i < bytes.values.size(); i += 8) {
    std::array<uint8_t, 8> value{}, mask{};
    uint32_t count = uint32_t(std::min<size_t>(8, bytes.values.size() - i));
    for (uint32_t j = 0; j < count; ++j) {
      mask[j] = bytes.masks[i + j];
      value[j] = bytes.values[i + j] & mask[j];
    }
    Word word{uint32_t(offset + i), count, 0, 0};
    std::memcpy(&word.value, value.data(), 8);
    std::memcpy(&word.mask, mask.data(), 8);
    words.push_back(word);
  }
  return words;
}

}  // namespace

std::string BytePattern::parse(std::string_view text) {
  clauses_.clear();
  if (text == "-") return "";
  size_t at = 0;
  while ((at = text.find_first_not_of(" \t\r\n", at)) != std::string_view::npos) {
    size_t end = std::min(text.find_first_of(" \t\r\n", at), text.size());
    std::string problem = parse_clause(text.substr(at, end - at));
    if (!problem.empty()) return problem;
    at = end;
  }
  return clauses_.empty() ? "empty pattern: expected clauses such as 12/0800, or - for every packet" : "";
}

std::string BytePattern::parse_clause(std::string_view text) {
  std::string wrong = "clause '" + std::string(text) + "': expected OFFSET/VALUE or OFFSET/VALUE%MASK, such as 12/0800";
  Clause clause;
  clause.negated = !text.empty() && text[0] == '!';
  if (clause.negated) text.remove_prefix(1);
  size_t slash = text.find('/');
  uint64_t offset = 0;
  if (slash == std::string_view::npos || !parse_unsigned(text.substr(0, slash), offset)) return wrong;
  if (offset >= kMaxPacket) return wrong + "; the offset is below " + std::to_string(kMaxPacket);
  size_t percent = std::min(text.find('%', slash), text.size());
  auto bytes = parse_hexadecimal(text.substr(slash + 1, percent - slash - 1));
  if (!bytes) return wrong + " with an even number of hexadecimal digits or ?";
  if (percent < text.size()) {
    auto mask = parse_hexadecimal(text.substr(percent + 1));
    if (!mask || mask->values.size() != bytes->values.size()) return wrong + ", value and mask of the same length";
    for (size_t i = 0; i < mask->values.size(); ++i) bytes->masks[i] &= mask->values[i];
  }
  clause.words = words_at<Word>(uint32_t(offset), *bytes);
  clauses_.push_back(std::move(clause));
  return "";
}

std::string BytePattern::text() const {
  if (clauses_.empty()) return "-";
  std::string text;
  for (const Clause& clause : clauses_) {
    std::string value, mask;
    for (const Word& word : clause.words) {
      append_hexadecimal(value, word.value, word.bytes);
      append_hexadecimal(mask, word.mask, word.bytes);
    }
    if (!text.empty()) text += " ";
    text += (clause.negated ? "!" : "") + std::to_string(clause.words.front().offset) + "/" + value;
    if (mask.find_first_not_of('f') != std::string::npos) text += "%" + mask;
  }
  return text;
}

}  // namespace clickup
