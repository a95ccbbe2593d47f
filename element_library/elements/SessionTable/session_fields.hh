// The fields of a session that other layouts keep in another way, or do not have: layout 2.
#pragma once

#include "elements/SessionTable/session_state.hh"
#include "support/tcp_tracker/tcp_fields.hh"

namespace clickup {

// A packet of `bytes`, IP header included.
inline void count_packet(Session& session, bool from_second, uint32_t bytes) {
  ++(from_second ? session.second_packets : session.first_packets);
  (from_second ? session.second_bytes : session.first_bytes) += bytes;
}

inline void reset_counts(Session& session) {
  session.first_packets = session.second_packets = session.first_bytes = session.second_bytes = 0;
}

}  // namespace clickup
