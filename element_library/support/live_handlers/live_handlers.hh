// Read and write handlers of parameters that change while packets flow.
#pragma once

#include <string>
#include <string_view>

#include "driver/element.hh"

namespace clickup {

// Handler `name` of the parameter `keyword`: `read()` returns its text, `set(text)` sets it and returns an error, empty
// on success.
template <typename Read, typename Set>
void live_handler(HandlerTable& handlers, Element& element, const char* name, const char* keyword, Read read, Set set) {
  handlers.read(name, std::move(read));
  handlers.write(name, [&element, keyword, set = std::move(set)](std::string_view value) {
    std::string problem = set(value);
    if (problem.empty()) element.set_keyword(keyword, value);
    return problem;
  });
}

// Reads a whole number within bounds into `number`. Returns an error, empty on success.
template <typename Number>
std::string set_number(const char* keyword, std::string_view text, Number& number, uint64_t low, uint64_t high) {
  uint64_t value = 0;
  if (!parse_unsigned(text, value) || value < low || value > high) {
    return std::string(keyword) + " is " + std::to_string(low) + " to " + std::to_string(high) + ", not '" +
           std::string(text) + "'";
  }
  number = Number(value);
  return "";
}

template <typename Number>
void live_number(HandlerTable& handlers, Element& element, const char* name, const char* keyword, Number& number,
                 uint64_t low, uint64_t high) {
  live_handler(
      handlers, element, name, keyword, [&number] { return std::to_string(number); },
      [=, &number](std::string_view text) { return set_number(keyword, text, number, low, high); });
}

inline void live_flag(HandlerTable& handlers, Element& element, const char* name, const char* keyword, bool& flag) {
  live_handler(
      handlers, element, name, keyword, [&flag] { return std::string(flag ? "true" : "false"); },
      [keyword, &flag](std::string_view text) {
        return parse_bool(text, flag) ? std::string()
                                      : std::string(keyword) + " is true or false, not '" + std::string(text) + "'";
      });
}

}  // namespace clickup
