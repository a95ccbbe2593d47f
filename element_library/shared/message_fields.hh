// Messages as structs: a verb, then fields, all separated by single spaces.
//
// A message is a struct with kVerb, an enum of which kWords has the words, and kFields, pointers to its members in
// their order. Fields are numbers, words, enums with kWords, Hexadecimal and, as the last one, Rest.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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

std::string hexadecimal(uint64_t number);  // 16 digits

// Both are compiled once, for the messages of worker_messages.cc: their definitions are in message_codec.hh.
template <class Fields>
std::string encode(const Fields& message);
// None when it is another message, or a field of it is malformed.
template <class Fields>
std::optional<Fields> parse(const Message& message);

// Calls `act` with the fields; false when they cannot be read.
template <class Fields, class Act>
bool with(const Message& message, Act act) {
  std::optional<Fields> fields = parse<Fields>(message);
  if (fields) act(*fields);
  return fields.has_value();
}

}  // namespace clickup
