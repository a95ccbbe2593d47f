// Parameters that are durations, kept in nanoseconds, and their handlers, which read and write seconds.
#pragma once

#include <cmath>
#include <cstdio>

#include "support/live_handlers/live_handlers.hh"

namespace clickup {

inline std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.12g", seconds);
  return text;
}

// Reads a duration of `low` to `high` seconds into `nanoseconds`. Returns an error, empty on success.
inline std::string set_duration(const char* keyword, std::string_view text, uint64_t& nanoseconds, double low,
                                double high) {
  double seconds = 0;
  if (!parse_duration(text, seconds) || seconds < low || seconds > high) {
    return std::string(keyword) + " is " + seconds_text(low) + " to " + seconds_text(high) +
           " seconds (or with ms, s, min or h), not '" + std::string(text) + "'";
  }
  nanoseconds = uint64_t(std::llround(seconds * 1e9));
  return "";
}

// For Element::configure.
inline void read_duration(Arguments& arguments, Errors& errors, const char* keyword, uint64_t& nanoseconds, double low,
                          double high) {
  std::string text;
  arguments.keyword(keyword, text);
  if (text.empty()) return;
  if (std::string problem = set_duration(keyword, text, nanoseconds, low, high); !problem.empty()) errors.add(problem);
}

inline void live_duration(HandlerTable& handlers, Element& element, const char* name, const char* keyword,
                          uint64_t& nanoseconds, double low, double high) {
  live_handler(
      handlers, element, name, keyword, [&nanoseconds] { return seconds_text(double(nanoseconds) / 1e9); },
      [keyword, &nanoseconds, low, high](std::string_view text) {
        return set_duration(keyword, text, nanoseconds, low, high);
      });
}

}  // namespace clickup
