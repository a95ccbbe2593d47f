// The type of service byte of IPv4 (RFC 791) and the traffic class of IPv6 (RFC 8200): code point and ECN bits.
#pragma once

#include "support/ip_packet/ip_packet.hh"

namespace clickup {

// Writes the bits of `mask`. Packets without a marked IP header stay as they are.
inline void set_traffic_class(Packet& packet, uint8_t mask, uint8_t bits) {
  if (uint8_t* ip = ip4_header(packet)) {
    uint8_t word[2]{ip[0], uint8_t((ip[1] & ~mask) | bits)};
    uint16_t value;
    std::memcpy(&value, word, 2);
    replace_word(ip, value, ip + 10);
  } else if (uint8_t* ip = ip6_header(packet)) {
    uint32_t now = (((ip[0] & 15u) << 4 | ip[1] >> 4) & ~uint32_t(mask)) | bits;
    ip[0] = uint8_t(0x60 | now >> 4);
    ip[1] = uint8_t((now & 15) << 4 | (ip[1] & 15));
  }
}

// Marks congestion for the receiver (RFC 3168). False for a packet whose sender does not support ECN.
inline bool mark_congestion(Packet& packet) {
  const uint8_t* ip4 = ip4_header(packet);
  const uint8_t* ip6 = ip6_header(packet);
  if ((!ip4 || (ip4[1] & 3) == 0) && (!ip6 || (ip6[1] & 0x30) == 0)) return false;
  set_traffic_class(packet, 3, 3);
  return true;
}

}  // namespace clickup
