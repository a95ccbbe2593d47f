#include <algorithm>
#include <utility>

#include "shared/message_codec.hh"

namespace clickup {

std::string hexadecimal(uint64_t number) {
  std::string digits(16, '0');
  for (size_t i = digits.size(); i-- > 0; number >>= 4) digits[i] = "0123456789abcdef"[number & 15];
  return digits;
}

std::string_view next_word(std::string_view& left) {
  std::string_view word = left.substr(0, left.find(' '));
  left.remove_prefix(std::min(word.size() + 1, left.size()));
  return word;
}

bool take(std::string_view& left, std::string& word) {
  word = next_word(left);
  return !word.empty();
}

bool take(std::string_view& left, Rest& rest) {
  rest.text = std::exchange(left, {});
  return true;
}

bool take(std::string_view& left, Hexadecimal& field) { return take(left, field.number, 16); }

}  // namespace clickup
