// States of a session and how long it stays in each without traffic: Linux connection tracking's names and defaults.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "layouts/SessionTable.layout.hh"
#include "support/state_table/state_table.hh"

namespace clickup {

using Session = SessionsLayout;
using SessionRecords = StateTable<Session>;

// Values of Session::state. They are stored in memory that outlives a release: a number keeps its meaning for ever.
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
  static constexpr std::array<std::string_view, 20> kNames {
      "none",      "syn_sent",  "syn_recv", "established", "fin_wait",  "close_wait", "last_ack",
      "time_wait", "close",     "syn_sent2", "",           "",          "",           "",
      "",          "",          "unreplied", "replied",    "stream",    "fragment"};
  return size_t(state) < kNames.size() ? kNames[size_t(state)] : "";
}

// Bits of Session::flags; session_fields.hh has those that not every layout knows.
inline constexpr uint8_t kOpenedBySecond = 1;
inline constexpr uint8_t kAnswered = 2;
inline constexpr uint8_t kAssured = 4;
inline constexpr uint8_t kLastingFlags = kOpenedBySecond | kAnswered | kAssured;

inline SessionState state_of(const Session& session) { return SessionState(session.state); }
inline void set_state(Session& session, SessionState state) { session.state = uint8_t(state); }

// What a full table keeps: sessions that were in use both ways and have not ended. In every layout the same.
template <class Layout>
inline bool is_assured(const Layout& session) {
  SessionState state = SessionState(session.state);
  return (session.flags & kAssured) && state != SessionState::time_wait && state != SessionState::close;
}

enum class Timeout : uint8_t {
  tcp_syn_sent, tcp_syn_recv, tcp_established, tcp_fin_wait, tcp_close_wait, tcp_last_ack, tcp_time_wait, tcp_close,
  tcp_max_retrans, tcp_unacknowledged, udp, udp_stream, icmp, generic
};

struct TimeoutWord {
  const char* keyword;  // configuration argument
  const char* handler;
  uint32_t seconds;  // default
};
inline constexpr TimeoutWord kTimeouts[] = {
    {"TCP_SYN_SENT", "tcp_syn_sent", 120},
    {"TCP_SYN_RECV", "tcp_syn_recv", 60},
    {"TCP_ESTABLISHED", "tcp_established", 432000},
    {"TCP_FIN_WAIT", "tcp_fin_wait", 120},
    {"TCP_CLOSE_WAIT", "tcp_close_wait", 60},
    {"TCP_LAST_ACK", "tcp_last_ack", 30},
    {"TCP_TIME_WAIT", "tcp_time_wait", 120},
    {"TCP_CLOSE", "tcp_close", 10},
    {"TCP_MAX_RETRANS", "tcp_max_retrans", 300},
    {"TCP_UNACKNOWLEDGED", "tcp_unacknowledged", 300},
    {"UDP", "udp", 30},
    {"UDP_STREAM", "udp_stream", 120},
    {"ICMP", "icmp", 30},
    {"GENERIC", "generic", 600},
};
inline constexpr size_t kTimeoutCount = std::size(kTimeouts);
inline constexpr uint64_t kSecond = 1'000'000'000;

struct Timeouts {
  std::array<uint64_t, kTimeoutCount> nanoseconds;

  Timeouts() {
    for (size_t i = 0; i < kTimeoutCount; ++i) nanoseconds[i] = kTimeouts[i].seconds * kSecond;
  }
  uint64_t operator[](Timeout timeout) const { return nanoseconds[size_t(timeout)]; }
};

}  // namespace clickup
