// Why something was refused, failed or taken back: a word for programs, beside the sentence that people read.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace clickup {

// What the three programs agree on; they outlive each other by years. Whoever meets an older one speaks as that does.
// 2: refusals and reports have causes; a worker says its version, and what it does not know is answered.
#ifndef CLICKUP_PROTOCOL
#define CLICKUP_PROTOCOL 2
#endif
inline constexpr unsigned kProtocol = CLICKUP_PROTOCOL;
inline constexpr unsigned kFirstWithCauses = 2;

enum class Cause {
  none,
  busy,           // nothing was tried, or what forwarded got in the way: try again
  request,        // it cannot be read, or names a file that is not there
  device,         // lacks an interface or a right
  traffic,        // records change faster than they can be carried: try again
  release,        // its configuration or its driver
  state,          // records cannot be carried, or read from the file
  version,        // supervisor and driver do not understand each other
  not_confirmed,  // in time: taken back
  worker_died,    // or hung, before it was confirmed: taken back
  asked,          // taken back because somebody asked for it
};

inline constexpr std::array<std::string_view, 11> kCauseWords{
    "", "busy", "request", "device", "traffic", "release", "state", "version", "not_confirmed", "worker_died", "asked"};

constexpr std::string_view cause_word(Cause cause) { return kCauseWords[size_t(cause)]; }

// Of a newer program, a cause may be one that is not known here.
constexpr Cause cause_of(std::string_view word, Cause otherwise) {
  for (size_t i = 1; i < kCauseWords.size(); ++i)
    if (kCauseWords[i] == word) return Cause(i);
  return otherwise;
}

}  // namespace clickup
