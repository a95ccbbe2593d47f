// Writes other addresses and ports into packets. Checksums are updated incrementally (RFC 1624): a wrong one stays
// wrong.
#pragma once

#include "elements/Nat/nat_packet.hh"

namespace clickup {

enum class NatEnd : uint8_t { source, destination };

namespace nat_rewrite_detail {

// Offsets in the transport header; -1: it has none.
inline int port_offset(uint8_t protocol, NatEnd end) {
  if (protocol == protocol::icmp) return 4;  // the identifier, whichever end it stands for
  if (protocol != protocol::tcp && protocol != protocol::udp) return -1;
  return end == NatEnd::source ? 0 : 2;
}
inline int checksum_offset(uint8_t protocol) {
  constexpr uint8_t kDccp = 33, kUdpLite = 136;  // their checksums cover the addresses, as those of TCP and UDP do
  switch (protocol) {
    case protocol::tcp: return 16;
    case protocol::udp:
    case kDccp:
    case kUdpLite: return 6;
    case protocol::icmp: return 2;
    default: return -1;
  }
}

inline void update_checksum(uint8_t* at, const ChecksumUpdate& changes, ChecksumUpdate& message) {
  uint16_t checksum = changes.applied_to(at);
  message.replace<2>(at, &checksum);
}
inline void update_udp_checksum(uint8_t* at, const ChecksumUpdate& changes, ChecksumUpdate& message) {
  if (at[0] == 0 && at[1] == 0) return;  // the sender computed none (RFC 768)
  uint16_t checksum = changes.applied_to(at);
  if (checksum == 0) checksum = 0xffff;
  message.replace<2>(at, &checksum);
}

}  // namespace nat_rewrite_detail

// Gives one end of a packet another address, and port where the protocol has ports. `message` notes every word that
// changes, for the checksum of an error that quotes the packet.
inline void rewrite_end(const NatHeaders& at, uint8_t protocol, NatEnd end, uint32_t address, uint16_t port,
                        ChecksumUpdate& message) {
  using namespace nat_rewrite_detail;
  ChecksumUpdate changes, ports;
  changes.replace<4>(at.ip + (end == NatEnd::source ? 12 : 16), &address);
  message += changes;
  update_checksum(at.ip + 10, changes, message);
  if (int offset = port_offset(protocol, end); offset >= 0) ports.replace_number(at.transport + offset, port);
  message += ports;
  int offset = checksum_offset(protocol);
  if (offset < 0 || uint32_t(offset) + 2 > at.available) return;  // the quote ends before it
  if (protocol == protocol::icmp) return update_checksum(at.transport + offset, ports, message);
  changes += ports;
  if (protocol == protocol::udp) return update_udp_checksum(at.transport + offset, changes, message);
  update_checksum(at.transport + offset, changes, message);
}

inline void rewrite_end(const NatPacket& packet, NatEnd end, uint32_t address, uint16_t port) {
  ChecksumUpdate unused;
  rewrite_end(packet, packet.protocol, end, address, port, unused);
}

// Of a later fragment, or of the packet that carries an error.
inline void rewrite_address(const NatHeaders& at, NatEnd end, uint32_t address) {
  ChecksumUpdate changes, unused;
  changes.replace<4>(at.ip + (end == NatEnd::source ? 12 : 16), &address);
  nat_rewrite_detail::update_checksum(at.ip + 10, changes, unused);
}

inline void rewrite_identification(const NatHeaders& at, uint16_t identification) {
  ChecksumUpdate changes, unused;
  changes.replace_number(at.ip + 4, identification);
  nat_rewrite_detail::update_checksum(at.ip + 10, changes, unused);
}

}  // namespace clickup
