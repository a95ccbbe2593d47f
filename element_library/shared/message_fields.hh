// Messages as structs: a verb, then fields, all separated by single spaces.
//
// A message is a struct with kVerb, an enum of which kWords has the words, and kFields, pointers to its members in
// their order. Fields are numbers, words, enums with kWords, Hexadecimal and, as the last one, Rest.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "shared/worker_channel.hh"

namespace clickup {

template <class Enum>
inline constexpr std::array<std::string_view, 0> kWords;

template <class Enum>
constexpr std::string_view word_of(Enum value) {
  return kWords<Enum>[size_t(value)];
}
template <class Enum>
constexpr std::optional<Enum> named(std::string_view word) {
  for (size_t i = 0; i < kWords<Enum>.size(); ++i)
    if (kWords<Enum>[i] == word) return Enum(i);
  return {};
}
// None when the word is not known here.
template <class Verb>
std::optional<Verb> verb_of(const Message& message) {
  return named<Verb>(message.verb());
}

struct Hexadecimal {  // 16 digits, as in layout hashes
  uint64_t number = 0;
};
struct Rest {  // may hold spaces and newlines, or be empty
  std::string text;
};

inline std::string text_of(const std::string& word) { return word; }
inline std::string text_of(const Rest& rest) { return rest.text; }
std::string hexadecimal(uint64_t number);  // 16 digits
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

// None when it is another message, or a field of it is malformed.
template <class Fields>
std::optional<Fields> parse(const Message& message) {
  std::string_view left = message.text;
  Fields fields;
  auto take_all = [&](auto... member) { return (take(left, fields.*member) && ...); };
  bool good = next_word(left) == word_of(Fields::kVerb) && std::apply(take_all, Fields::kFields);
  return good ? std::optional(std::move(fields)) : std::nullopt;
}

// Calls `act` with the fields; false when they cannot be read.
template <class Fields, class Act>
bool with(const Message& message, Act act) {
  std::optional<Fields> fields = parse<Fields>(message);
  if (fields) act(*fields);
  return fields.has_value();
}

}  // namespace clickup
