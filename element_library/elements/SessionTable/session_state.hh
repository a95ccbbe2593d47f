// Sessions, and how long one stays in each state without traffic: Linux connection tracking's names and defaults.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "layouts/SessionTable.layout.hh"
#include "state_table/state_table.hh"
#include "support/tcp_tracker/tcp_restored.hh"

namespace clickup {

using Session = SessionsLayout;
using SessionRecords = StateTable<Session>;

enum class Timeout : uint8_t {
  tcp_syn_sent,
  tcp_syn_recv,
  tcp_established,
  tcp_fin_wait,
  tcp_close_wait,
  tcp_last_ack,
  tcp_time_wait,
  tcp_close,
  tcp_max_retrans,
  tcp_unacknowledged,
  udp,
  udp_stream,
  icmp,
  generic
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
