// The tracker's data in the fields `scales`, `syn_sequence` and `flags` of a record. A record type that stores it in
// another way, or not at all, has its own functions of the same names instead.
#pragma once

#include "support/tcp_tracker/tcp_segment.hh"
#include "support/tcp_tracker/tracking_state.hh"

namespace clickup {

template <class Record>
inline uint8_t window_scale(const Record& record, bool second) {
  return second ? record.scales >> 4 : record.scales & 15;
}
template <class Record>
inline void set_window_scale(Record& record, bool second, uint8_t scale) {
  record.scales = second ? uint8_t((record.scales & 15) | scale << 4) : uint8_t((record.scales & 0xf0) | scale);
}

// A SYN that the originator sent inside the session. It passes; if the other side answers with a SYN of its own, both
// have forgotten the connection, and the answer begins another one between the same ports.
namespace tcp_fields_detail {
inline constexpr uint8_t kSynSeen = 8;  // bit of `flags`; the four above it: the scale that it offers + 1
}

template <class Record>
inline void remember_syn(Record& record, const TcpSegment& syn) {
  uint8_t scale = syn.offers_scale ? uint8_t(syn.scale + 1) : 0;
  record.syn_sequence = syn.sequence;
  record.flags = uint8_t((record.flags & kLastingFlags) | tcp_fields_detail::kSynSeen | scale << 4);
}
// Any other segment that fits shows that the session is still in use.
template <class Record>
inline void forget_syn(Record& record) {
  record.flags &= kLastingFlags;
}

// Only the exact number counts: a guess has one chance in four billion.
template <class Record>
inline bool answers_remembered_syn(const Record& record, const TcpSegment& segment) {
  return (record.flags & tcp_fields_detail::kSynSeen) && segment.has(tcp_flag::ack) &&
         segment.acknowledgment == record.syn_sequence + 1;
}
// Its window is not stored, so the largest that a SYN can announce is assumed; nor is its permission of selective
// acknowledgments, which count only when the answer permits them too.
template <class Record>
inline TcpSegment remembered_syn(const Record& record) {
  TcpSegment syn;
  syn.sequence = record.syn_sequence;
  syn.window = 0xffff;
  syn.flags = tcp_flag::syn;
  syn.offers_scale = record.flags >> 4;
  syn.scale = syn.offers_scale ? uint8_t((record.flags >> 4) - 1) : 0;
  syn.sack_permitted = true;
  return syn;
}

}  // namespace clickup
