// States and flags of tracked sessions, as stored in records of all tracking classes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace clickup {

// Values of a record's `state`. They are stored in memory that outlives a release: a number keeps its meaning for ever.
enum class SessionState : uint8_t {
  none = 0,
  syn_sent = 1,
  syn_recv = 2,
  established = 3,
  fin_wait = 4,    // one side has sent its FIN
  close_wait = 5,  // and the other side has acknowledged it
  last_ack = 6,    // both have sent their FIN
  time_wait = 7,   // and both FINs are acknowledged
  close = 8,       // reset
  syn_sent2 = 9,   // both have sent a SYN: simultaneous open
  unreplied = 16,  // UDP, ICMP and others: only the originator was heard
  replied = 17,
  stream = 18,  // UDP both ways for two seconds
  fragment = 19,
};

inline std::string_view state_name(SessionState state) {
  static constexpr std::array<std::string_view, 20> kNames{"none",      "syn_sent",   "syn_recv", "established",
                                                           "fin_wait",  "close_wait", "last_ack", "time_wait",
                                                           "close",     "syn_sent2",  "",         "",
                                                           "",          "",           "",         "",
                                                           "unreplied", "replied",    "stream",   "fragment"};
  return size_t(state) < kNames.size() ? kNames[size_t(state)] : "";
}

// Bits of a record's `flags`; tcp_fields.hh has those that not every layout has.
inline constexpr uint8_t kOpenedBySecond = 1;
inline constexpr uint8_t kAnswered = 2;
inline constexpr uint8_t kAssured = 4;
inline constexpr uint8_t kLastingFlags = kOpenedBySecond | kAnswered | kAssured;

template <class Record>
inline SessionState state_of(const Record& record) {
  return SessionState(record.state);
}
template <class Record>
inline void set_state(Record& record, SessionState state) {
  record.state = uint8_t(state);
}

}  // namespace clickup
