// How messages become text and are read from it, for the two sources that do it.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "shared/message_fields.hh"

namespace clickup {

inline std::string text_of(const std::string& word) { return word; }
inline std::string text_of(const Rest& rest) { return rest.text; }
inline std::string text_of(Hexadecimal field) { return hexadecimal(field.number); }
template <std::unsigned_integral Number>
std::string text_of(Number number) {
  return std::to_string(number);
}
template <class Enum>
  requires std::is_enum_v<Enum>
std::string text_of(Enum value) {
  return std::string(word_of(value));
}

// Takes the next word of what is left of a message; empty when nothing is.
std::string_view next_word(std::string_view& left);

// Take a field from the rest of a message. False: it is missing or malformed.
bool take(std::string_view& left, std::string& word);
bool take(std::string_view& left, Rest& rest);
bool take(std::string_view& left, Hexadecimal& field);
template <std::unsigned_integral Number>
bool take(std::string_view& left, Number& number, int base = 10) {
  std::string_view digits = next_word(left);
  const char* end = digits.data() + digits.size();
  auto [read_to, error] = std::from_chars(digits.data(), end, number, base);
  return error == std::errc{} && read_to == end;
}
// A word that an older program omits, or an unknown one of a newer program, leaves the default.
template <class Enum>
  requires std::is_enum_v<Enum>
bool take(std::string_view& left, Enum& value) {
  value = named<Enum>(next_word(left)).value_or(value);
  return true;
}

template <class Fields>
std::string encode(const Fields& message) {
  std::string text(word_of(Fields::kVerb));
  auto add = [&](auto... member) { ((text += " " + text_of(message.*member)), ...); };
  std::apply(add, Fields::kFields);
  return text;
}

template <class Fields>
std::optional<Fields> parse(const Message& message) {
  std::string_view left = message.text;
  Fields fields;
  auto take_all = [&](auto... member) { return (take(left, fields.*member) && ...); };
  bool good = next_word(left) == word_of(Fields::kVerb) && std::apply(take_all, Fields::kFields);
  return good ? std::optional(std::move(fields)) : std::nullopt;
}

}  // namespace clickup
