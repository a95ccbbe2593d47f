// Connections whose records come from a file: since it was written, their hosts have gone on or ended them. Their
// segments show the current numbers: a side's segments are believed until one agrees with the record.
#pragma once

#include "support/tcp_tracker/tcp_side.hh"
#include "support/tcp_tracker/tracking_state.hh"

namespace clickup {

template <class Record>
concept TracksTcp = requires(Record& record) { record.protocol, record.first_flags, record.second_flags; };

// Called by state tables for each record from a file (StateTable::settle, StateTable::resume).
template <TracksTcp Record>
inline void restored(Record& record) {
  if (record.protocol != protocol::tcp) return;
  record.first_flags |= TcpSide::kRestored;
  record.second_flags |= TcpSide::kRestored;
}

// Records that a full table keeps: sessions that were in use both ways and are not known to have ended.
template <TracksTcp Record>
inline bool is_assured(const Record& record) {
  SessionState state = state_of(record);
  bool unheard = record.first_flags & record.second_flags & TcpSide::kRestored;
  return (record.flags & kAssured) && !unheard && state != SessionState::time_wait && state != SessionState::close;
}

namespace tcp_restored_detail {

// Its SYN was never seen: windows may have the largest scale.
inline void assume_syn(TcpSide& side) {
  if (side.has(TcpSide::kSyn)) return;
  side.flags |= TcpSide::kSyn | TcpSide::kScale | TcpSide::kSack;
  side.scale = tcp_segment_detail::kMaxScale;
}

// Of something that `other`, which was heard, may have sent: before the restart, or what is on its way.
inline bool acknowledges_heard(const TcpSide& side, const TcpSide& other, const TcpSegment& segment) {
  uint32_t reach = std::max(kLeastWindow, side.window), latest = later_sequence(other.limit, other.end + reach);
  return !sequence_after(segment.acknowledgment, latest) && !sequence_after(other.end - reach, segment.acknowledgment);
}

}  // namespace tcp_restored_detail

// A segment of a restored side does not fit: moves both sides to the numbers that it shows. False when the side was not
// restored, or when the segment contradicts the other side, which has sent since.
inline bool catch_up(TcpSide& side, TcpSide& other, const TcpSegment& segment) {
  if (!side.has(TcpSide::kRestored)) return false;
  bool heard = !other.has(TcpSide::kRestored);
  if (heard && !tcp_restored_detail::acknowledges_heard(side, other, segment)) return false;
  if (!side.has(TcpSide::kSyn) || !sequence_fits(side, other, segment)) side.end = segment.sequence;
  side.limit = segment.end() + std::max(kLeastWindow, other.window);
  side.acknowledged = segment.acknowledgment;
  other.end = heard ? later_sequence(other.end, segment.acknowledgment) : segment.acknowledgment;
  if (!heard) other.limit = other.end;
  if (!other.has(TcpSide::kAnswered)) other.acknowledged = side.end;
  tcp_restored_detail::assume_syn(side);
  tcp_restored_detail::assume_syn(other);
  return true;
}

}  // namespace clickup
