// The fields of a session that other layouts keep in another way, or do not have: layout 2.
#pragma once

#include "elements/SessionTable/session_state.hh"
#include "elements/SessionTable/tcp_segment.hh"

namespace clickup {

// A packet of `bytes`, IP header included.
inline void count_packet(Session& session, bool from_second, uint32_t bytes) {
  ++(from_second ? session.second_packets : session.first_packets);
  (from_second ? session.second_bytes : session.first_bytes) += bytes;
}

inline void reset_counts(Session& session) {
  session.first_packets = session.second_packets = session.first_bytes = session.second_bytes = 0;
}

inline uint8_t window_scale(const Session& session, bool second) {
  return second ? session.scales >> 4 : session.scales & 15;
}
inline void set_window_scale(Session& session, bool second, uint8_t scale) {
  session.scales = second ? uint8_t((session.scales & 15) | scale << 4) : uint8_t((session.scales & 0xf0) | scale);
}

// A SYN that the originator sent inside the session. It passes, and when the other side answers with a SYN of its own
// both have forgotten the connection, and the answer begins another one between the same ports.
namespace session_fields_detail {
inline constexpr uint8_t kSynSeen = 8;  // bit of Session::flags; the four above it: the scale that it offers + 1
}

inline void remember_syn(Session& session, const TcpSegment& syn) {
  uint8_t scale = syn.offers_scale ? uint8_t(syn.scale + 1) : 0;
  session.syn_sequence = syn.sequence;
  session.flags = uint8_t((session.flags & kLastingFlags) | session_fields_detail::kSynSeen | scale << 4);
}
// Any other segment that fits shows that the session is still in use.
inline void forget_syn(Session& session) { session.flags &= kLastingFlags; }

// Only the exact number counts: whoever guesses has one chance in four thousand million.
inline bool answers_remembered_syn(const Session& session, const TcpSegment& segment) {
  return (session.flags & session_fields_detail::kSynSeen) && segment.has(tcp_flag::ack) &&
         segment.acknowledgment == session.syn_sequence + 1;
}
// Its window is not kept, so that it is taken for the largest that a SYN can announce; nor is whether it permits
// selective acknowledgments, which count only when the answer permits them too.
inline TcpSegment remembered_syn(const Session& session) {
  TcpSegment syn;
  syn.sequence = session.syn_sequence;
  syn.window = 0xffff;
  syn.flags = tcp_flag::syn;
  syn.offers_scale = session.flags >> 4;
  syn.scale = syn.offers_scale ? uint8_t((session.flags >> 4) - 1) : 0;
  syn.sack_permitted = true;
  return syn;
}

}  // namespace clickup
