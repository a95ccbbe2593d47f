// Adds UDP and IP headers to packets (RFC 768).
#pragma once

#include <cstring>

#include "support/headroom/headroom.hh"
#include "support/outer_header/outer_header.hh"

namespace clickup {

// False when there is no room for both headers. With IPv6 there is always a checksum (RFC 8200 section 8.1).
inline bool prepend_udp(Packet& packet, OuterHeader& outer, uint16_t source_port, uint16_t destination_port,
                        bool checksum) {
  uint32_t length = packet.length + 8;
  if (length + outer.size() > 0xffff || !make_headroom(packet, 8)) return false;
  const uint8_t udp[8]{uint8_t(source_port >> 8),
                       uint8_t(source_port),
                       uint8_t(destination_port >> 8),
                       uint8_t(destination_port),
                       uint8_t(length >> 8),
                       uint8_t(length),
                       0,
                       0};
  std::memcpy(packet.data(), udp, sizeof udp);
  IpPacket read;
  if (!outer.prepend(packet, read)) return false;
  if (checksum || read.six) set_transport_checksum(read, 6, length);
  return true;
}

}  // namespace clickup
