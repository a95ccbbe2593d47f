// The fields of a session that other layouts store differently or lack: layout 1.
#pragma once

#include "elements/SessionTable/session_state.hh"
#include "support/tcp_tracker/tcp_segment.hh"

namespace clickup {

inline void count_packet(Session& session, bool from_second, uint32_t) {
  ++(from_second ? session.second_packets : session.first_packets);
}
inline void reset_counts(Session& session) { session.first_packets = session.second_packets = 0; }

inline uint8_t window_scale(const Session& session, bool second) {
  return second ? session.second_scale : session.first_scale;
}
inline void set_window_scale(Session& session, bool second, uint8_t scale) {
  (second ? session.second_scale : session.first_scale) = scale;
}

// There is no room to store a SYN inside the session.
inline void remember_syn(Session&, const TcpSegment&) {}
inline void forget_syn(Session&) {}
inline bool answers_remembered_syn(const Session&, const TcpSegment&) { return false; }
inline TcpSegment remembered_syn(const Session&) { return {}; }

}  // namespace clickup
