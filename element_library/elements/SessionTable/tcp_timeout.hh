// How long a TCP session stays without traffic.
#pragma once

#include <algorithm>

#include "elements/SessionTable/session_fields.hh"
#include "support/tcp_tracker/tcp_side.hh"

namespace clickup {

inline uint64_t tcp_timeout(const Session& session, const Timeouts& timeouts) {
  constexpr uint8_t kManyRetransmissions = 3;
  size_t slot = size_t(session.state) - size_t(SessionState::syn_sent);
  if (slot > size_t(Timeout::tcp_close)) slot = 0;  // syn_sent2
  uint64_t timeout = timeouts.nanoseconds[slot];
  TcpSide first = read_side(session, false), second = read_side(session, true);
  if (session.retransmissions >= kManyRetransmissions) return std::min(timeout, timeouts[Timeout::tcp_max_retrans]);
  if (!(first.flags & second.flags & TcpSide::kAnswered)) return timeout;
  bool waiting = !all_acknowledged(first, second) || !all_acknowledged(second, first);
  return waiting ? std::min(timeout, timeouts[Timeout::tcp_unacknowledged]) : timeout;
}

}  // namespace clickup
