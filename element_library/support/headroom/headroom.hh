// Room before a packet's data.
#pragma once

#include <cstring>

#include "driver/packet.hh"

namespace clickup {

// Prepends `count` bytes, moving the packet within its buffer when its headroom is used up; header positions follow.
// False, with nothing changed, when the buffer is too small.
inline bool make_headroom(Packet& packet, uint32_t count) {
  if (packet.prepend(count)) return true;
  uint32_t shift = count - packet.begin;
  if (packet.begin + packet.length + shift > sizeof packet.buffer) return false;
  std::memmove(packet.buffer + shift, packet.buffer, packet.begin + packet.length);
  std::memset(packet.buffer, 0, shift);
  packet.begin += shift;
  for (uint32_t* header : {&packet.mac_header, &packet.network_header, &packet.transport_header}) {
    if (*header != Packet::kNoHeader) *header += shift;
  }
  return packet.prepend(count);
}

}  // namespace clickup
