// Why something was refused, failed or was reverted: a word for programs, next to the sentence for people.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace clickup {

// Version of the protocol between the three programs, which outlive each other by years. Each speaks an older peer's.
// 2: refusals and reports have causes; a worker sends its version and answers unknown orders.
// 3: a worker takes frames that are longer than those of the ring from its socket.
#ifndef CLICKUP_PROTOCOL
#define CLICKUP_PROTOCOL 3
#endif
inline constexpr unsigned kProtocol = CLICKUP_PROTOCOL;
inline constexpr unsigned kFirstWithCauses = 2, kFirstWithLongFrames = 3;

enum class Cause {
  none,
  busy,           // nothing was tried, or the forwarding worker interfered: try again
  request,        // it cannot be read, or names a missing file
  device,         // lacks an interface or a right
  traffic,        // records change faster than they can be carried: try again
  release,        // its configuration or its driver
  state,          // records cannot be carried, or read from the file
  version,        // supervisor and driver do not understand each other
  not_confirmed,  // in time: reverted
  worker_died,    // or hung, before it was confirmed: reverted
  asked,          // reverted on request
};

inline constexpr std::array<std::string_view, 11> kCauseWords{
    "", "busy", "request", "device", "traffic", "release", "state", "version", "not_confirmed", "worker_died", "asked"};

constexpr std::string_view cause_word(Cause cause) { return kCauseWords[size_t(cause)]; }

// A newer program's cause may be unknown here.
constexpr Cause cause_of(std::string_view word, Cause otherwise) {
  for (size_t i = 1; i < kCauseWords.size(); ++i)
    if (kCauseWords[i] == word) return Cause(i);
  return otherwise;
}

}  // namespace clickup
