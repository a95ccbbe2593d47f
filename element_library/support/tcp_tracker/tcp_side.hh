// One side of a TCP connection and the bounds within which its segments count as part of it, after Guido van Rooij,
// "Real Stateful TCP Packet Filtering in IP Filter" (2001); states and sequence numbers as in RFC 9293.
//
// A record keeps both sides: fields first_ and second_ end, limit, window, acknowledged, flags, and the functions of
// tcp_fields.hh.
#pragma once

#include <algorithm>

#include "support/tcp_tracker/tcp_segment.hh"

namespace clickup {

// The least window assumed in checks of acknowledgments: the paper's bound.
inline constexpr uint32_t kLeastWindow = 66000;

struct TcpSide {
  // Stored in first_flags and second_flags: a bit keeps its meaning for ever.
  static constexpr uint8_t kSyn = 1;        // has sent its SYN: the numbers below mean something
  static constexpr uint8_t kScale = 2;      // offered to scale windows
  static constexpr uint8_t kSack = 4;       // permits selective acknowledgments
  static constexpr uint8_t kAnswered = 8;   // has acknowledged the other side's SYN
  static constexpr uint8_t kFin = 16;       // has sent its FIN; `end` includes it
  static constexpr uint8_t kRestored = 32;  // has gone on since the numbers below were saved: tcp_restored.hh

  uint32_t end = 0;           // highest sequence number after what it has sent
  uint32_t limit = 0;         // the other side's window reaches up to here
  uint32_t window = 0;        // largest window it has announced, bytes
  uint32_t acknowledged = 0;  // highest acknowledgment it has sent; before the first, the least that it must cover
  uint8_t scale = 0;          // that it offered; used if the other side offered one too
  uint8_t flags = 0;

  bool has(uint8_t flag) const { return flags & flag; }
};

template <class Record>
inline TcpSide read_side(const Record& record, bool second) {
  uint8_t scale = window_scale(record, second);
  if (second) {
    return {record.second_end,  record.second_limit, record.second_window, record.second_acknowledged, scale,
            record.second_flags};
  }
  return {record.first_end,  record.first_limit, record.first_window, record.first_acknowledged, scale,
          record.first_flags};
}

template <class Record>
inline void write_side(Record& record, bool second, const TcpSide& side) {
  (second ? record.second_end : record.first_end) = side.end;
  (second ? record.second_limit : record.first_limit) = side.limit;
  (second ? record.second_window : record.first_window) = side.window;
  (second ? record.second_acknowledged : record.first_acknowledged) = side.acknowledged;
  set_window_scale(record, second, side.scale);
  (second ? record.second_flags : record.first_flags) = side.flags;
}

// The side that sends this SYN, from nothing. Data in a SYN (RFC 7413) counts once it is acknowledged.
inline TcpSide begin_side(const TcpSegment& syn) {
  TcpSide side;
  side.end = syn.sequence + 1;
  side.limit = side.end + syn.payload;
  side.window = std::max<uint32_t>(syn.window, 1);
  side.scale = syn.offers_scale ? syn.scale : 0;
  side.flags = TcpSide::kSyn;
  if (syn.offers_scale) side.flags |= TcpSide::kScale;
  if (syn.sack_permitted) side.flags |= TcpSide::kSack;
  return side;
}

// Here and below: a number half the space away counts as after neither bound, so the lower one is checked by distance.

// Whether the segment acknowledges the SYN of `other`, and no more than it sent with it; before any answer to that SYN.
inline bool acknowledges_syn(const TcpSide& other, const TcpSegment& segment) {
  return segment.has(tcp_flag::ack) && sequence_distance(other.end, segment.acknowledgment) >= 0 &&
         !sequence_after(segment.acknowledgment, other.limit);
}

// `side` answers the SYN of `other` with this SYN, and each learns how much it may send. Another answer with more
// offers may follow: nothing is discarded here.
inline void join_sides(TcpSide& side, TcpSide& other, const TcpSegment& segment) {
  other.end = later_sequence(other.end, segment.acknowledgment);
  other.limit = later_sequence(other.limit, segment.acknowledgment + std::max<uint32_t>(segment.window, 1));
  side.limit = later_sequence(side.limit, side.end + other.window);
  side.acknowledged = segment.acknowledgment;
  side.flags |= TcpSide::kAnswered;
  if (!other.has(TcpSide::kAnswered)) other.acknowledged = side.end;
}

// Selectively acknowledged data counts as received, if both sides agreed to SACK.
inline uint32_t acknowledged_edge(const TcpSide& side, const TcpSide& other, const TcpSegment& segment) {
  bool selective = segment.has_sack && (side.flags & other.flags & TcpSide::kSack);
  return selective ? later_sequence(segment.sack_edge, segment.acknowledgment) : segment.acknowledgment;
}

// Data: not beyond the other side's window, nor more than a whole window before what was sent.
inline bool sequence_fits(const TcpSide& side, const TcpSide& other, const TcpSegment& segment) {
  return !sequence_after(segment.sequence, side.limit) &&
         sequence_distance(side.end - other.window, segment.end()) >= 0;
}

// Acknowledgment: only of data that was sent, and not older than a window (at least kLeastWindow).
inline bool acknowledgment_fits(const TcpSide& side, const TcpSide& other, const TcpSegment& segment) {
  uint32_t edge = acknowledged_edge(side, other, segment);
  return !sequence_after(edge, other.end) && !sequence_after(other.end - std::max(kLeastWindow, side.window), edge);
}

// The window that the segment announces. Windows of SYN segments are never scaled.
inline uint32_t announced_window(const TcpSide& side, const TcpSide& other, const TcpSegment& segment) {
  bool scaled = !segment.has(tcp_flag::syn) && (side.flags & other.flags & TcpSide::kScale);
  return uint32_t(segment.window) << (scaled ? side.scale : 0);
}

// Takes in a segment that fits; true when it made progress: new data, or a higher acknowledgment.
inline bool advance_sides(TcpSide& side, TcpSide& other, const TcpSegment& segment) {
  uint32_t window = announced_window(side, other, segment);
  uint32_t beyond = acknowledged_edge(side, other, segment) - segment.acknowledgment;
  bool progress = sequence_after(segment.end(), side.end);
  side.window = std::max(side.window, window + beyond);
  side.end = later_sequence(side.end, segment.end());
  if (segment.has(tcp_flag::fin)) side.flags |= TcpSide::kFin;
  if (!sequence_after(side.acknowledged, segment.acknowledgment)) {
    progress |= segment.acknowledgment != side.acknowledged;
    side.acknowledged = segment.acknowledgment;
    side.flags |= TcpSide::kAnswered;
  }
  other.limit = later_sequence(other.limit, segment.acknowledgment + window);
  return progress;
}

inline bool all_acknowledged(const TcpSide& side, const TcpSide& other) {
  return !sequence_after(side.end, other.acknowledged);
}

// Whether an error quotes a segment that one of the two has in flight (RFC 5927 4.1), give or take a window.
template <class Record>
inline bool quotes_sent(const Record& record, bool from_second, uint32_t sequence) {
  TcpSide side = read_side(record, from_second), other = read_side(record, !from_second);
  if (side.has(TcpSide::kRestored)) return true;
  uint32_t oldest = side.end - std::max(kLeastWindow, other.window);
  return !sequence_after(sequence, side.limit) && !sequence_after(oldest, sequence);
}

}  // namespace clickup
