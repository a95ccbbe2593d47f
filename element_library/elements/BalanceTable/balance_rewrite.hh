// Writes the backend's address and port into packets from clients, and the service's into those that come back.
#pragma once

#include "elements/BalanceTable/balance_packet.hh"

namespace clickup {

inline void rewrite_forward(const BalancePacket& packet, const BalancedFlow& flow) {
  if (packet.kind != BalanceKind::error) {
    return rewrite_end(packet.place, IpEnd::destination, flow.backend_address, flow.backend_port);
  }
  ChecksumUpdate changes;
  rewrite_end(packet.quoted, IpEnd::source, flow.backend_address, flow.backend_port, changes);
  rewrite_error(packet.place, IpEnd::destination, flow.backend_address, changes);
}

// `address` and `port` are the service's.
inline void rewrite_reverse(const BalancePacket& packet, const uint8_t* address, uint16_t port) {
  if (packet.kind != BalanceKind::error) return rewrite_end(packet.place, IpEnd::source, address, port);
  ChecksumUpdate changes;
  rewrite_end(packet.quoted, IpEnd::destination, address, port, changes);
  // An error may come from a router in between, which keeps its address.
  bool own = std::memcmp(packet.header.source.data(), packet.source, 16) == 0;
  if (own) return rewrite_error(packet.place, IpEnd::source, address, changes);
  rewrite_error(packet.place, changes);
}

}  // namespace clickup
