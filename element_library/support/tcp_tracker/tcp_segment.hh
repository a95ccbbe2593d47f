// The fields of a TCP segment that tracking needs (RFC 9293, options of RFC 7323 and RFC 2018).
#pragma once

#include <cstdint>

#include "support/ip_header/ip_header.hh"

namespace clickup {

namespace tcp_flag {
inline constexpr uint8_t fin = 1, syn = 2, rst = 4, ack = 16;
}

// Order of sequence numbers, which wrap around (RFC 9293 3.4).
inline int32_t sequence_distance(uint32_t from, uint32_t to) { return int32_t(to - from); }
inline bool sequence_after(uint32_t a, uint32_t b) { return sequence_distance(b, a) > 0; }
inline uint32_t later_sequence(uint32_t a, uint32_t b) { return sequence_after(a, b) ? a : b; }

struct TcpSegment {
  uint32_t sequence = 0;
  uint32_t acknowledgment = 0;
  uint32_t payload = 0;    // bytes
  uint32_t sack_edge = 0;  // highest right edge of its SACK blocks
  uint16_t window = 0;     // unscaled
  uint8_t flags = 0;
  uint8_t scale = 0;  // of the window, when offers_scale
  bool offers_scale = false;
  bool sack_permitted = false;
  bool has_sack = false;

  bool has(uint8_t flag) const { return flags & flag; }
  bool opens() const { return has(tcp_flag::syn) && !has(tcp_flag::ack); }
  // Sequence number after this segment; SYN and FIN count one each.
  uint32_t end() const { return sequence + payload + has(tcp_flag::syn) + has(tcp_flag::fin); }
};

namespace tcp_segment_detail {

inline constexpr uint8_t kMaxScale = 14;  // RFC 7323 2.3

inline void read_sack(const uint8_t* option, uint32_t size, TcpSegment& segment) {
  for (uint32_t at = 2; at + 8 <= size; at += 8) {
    uint32_t edge = read_u32(option + at + 4);
    segment.sack_edge = segment.has_sack ? later_sequence(edge, segment.sack_edge) : edge;
    segment.has_sack = true;
  }
}

inline bool read_options(const uint8_t* at, const uint8_t* end, TcpSegment& segment) {
  constexpr uint8_t kEnd = 0, kNothing = 1, kScale = 3, kSackPermitted = 4, kSack = 5;
  while (at < end && *at != kEnd) {
    if (*at == kNothing) {
      ++at;
      continue;
    }
    if (end - at < 2 || at[1] < 2 || at[1] > end - at) return false;
    if (*at == kScale && at[1] == 3) {
      segment.offers_scale = true;
      segment.scale = at[2] < kMaxScale ? at[2] : kMaxScale;
    }
    if (*at == kSackPermitted) segment.sack_permitted = true;
    if (*at == kSack) read_sack(at, at[1], segment);
    at += at[1];
  }
  return true;
}

// One of SYN, FIN, RST at most; an acknowledgment in everything that neither opens nor resets.
inline bool plausible(uint8_t flags) {
  uint8_t kind = flags & (tcp_flag::syn | tcp_flag::fin | tcp_flag::rst);
  if (kind & (kind - 1)) return false;
  return (flags & tcp_flag::ack) || kind == tcp_flag::syn || kind == tcp_flag::rst;
}

}  // namespace tcp_segment_detail

// False when the bytes are no valid TCP segment.
inline bool read_tcp(const uint8_t* data, uint32_t length, TcpSegment& segment) {
  if (length < 20) return false;
  uint32_t header_length = (data[12] >> 4) * 4u;
  if (header_length < 20 || header_length > length) return false;
  segment.sequence = read_u32(data + 4);
  segment.acknowledgment = read_u32(data + 8);
  segment.flags = data[13];
  segment.window = read_u16(data + 14);
  segment.payload = length - header_length;
  return tcp_segment_detail::plausible(segment.flags) &&
         tcp_segment_detail::read_options(data + 20, data + header_length, segment);
}

}  // namespace clickup
