// Writes other addresses and ports into packets, IPv4 or IPv6. Checksums are updated incrementally (RFC 1624): a wrong
// one stays wrong.
#pragma once

#include "support/checksum/checksum_update.hh"
#include "support/ip_header/ip_header.hh"

namespace clickup {

enum class IpEnd : uint8_t { source, destination };

// Where the headers of a packet lie, whole or quoted by an error.
struct IpPlace {
  uint8_t* ip = nullptr;
  uint8_t* transport = nullptr;
  uint32_t available = 0;  // bytes from `transport` on; 0 for a later fragment
  uint8_t version = 0;
  uint8_t protocol = 0;
};

// The place of a header that was read from `data`.
inline IpPlace place_of(uint8_t* data, const IpHeader& header) {
  uint32_t available = header.fragment_offset == 0 ? header.available : 0;
  return {data, data + (header.payload - data), available, header.version, header.protocol};
}

namespace ip_rewrite_detail {

// Offset of the checksum in the transport header; -1: it has none, or none that covers the addresses.
inline int checksum_offset(const IpPlace& at) {
  constexpr uint8_t kDccp = 33, kUdpLite = 136;
  switch (at.protocol) {
    case protocol::tcp: return 16;
    case protocol::udp:
    case kDccp:
    case kUdpLite: return 6;
    case protocol::icmp6: return at.version == 6 ? 2 : -1;
    default: return -1;
  }
}

inline void update(uint8_t* checksum, const ChecksumUpdate& changes, ChecksumUpdate& message) {
  uint16_t value = changes.applied_to(checksum);
  message.replace<2>(checksum, &value);
}

inline void update_transport(const IpPlace& at, const ChecksumUpdate& changes, ChecksumUpdate& message) {
  int offset = checksum_offset(at);
  if (offset < 0 || uint32_t(offset) + 2 > at.available) return;  // the quote, or the fragment, ends before it
  uint8_t* checksum = at.transport + offset;
  if (at.protocol != protocol::udp) return update(checksum, changes, message);
  if (checksum[0] == 0 && checksum[1] == 0) return;  // the sender computed none (RFC 768)
  uint16_t value = changes.applied_to(checksum);
  if (value == 0) value = 0xffff;
  message.replace<2>(checksum, &value);
}

inline ChecksumUpdate replace_address(const IpPlace& at, IpEnd end, const uint8_t* address) {
  ChecksumUpdate changes;
  if (at.version == 6) {
    changes.replace<16>(at.ip + (end == IpEnd::source ? 8 : 24), address);
  } else {
    changes.replace<4>(at.ip + (end == IpEnd::source ? 12 : 16), address + 12);
  }
  return changes;
}

}  // namespace ip_rewrite_detail

// Gives one end of a packet another address of its version, 16 bytes with IPv4 as ::ffff:a.b.c.d, and, unless it is a
// later fragment, another port; the protocol has ports. `message` records every changed word, for the checksum of an
// error that quotes the packet.
inline void rewrite_end(const IpPlace& at, IpEnd end, const uint8_t* address, uint16_t port, ChecksumUpdate& message) {
  ChecksumUpdate changes = ip_rewrite_detail::replace_address(at, end, address);
  message += changes;
  if (at.version == 4) ip_rewrite_detail::update(at.ip + 10, changes, message);
  if (at.available < 4) return;
  ChecksumUpdate ports;
  ports.replace_number(at.transport + (end == IpEnd::source ? 0 : 2), port);
  message += ports;
  changes += ports;
  ip_rewrite_detail::update_transport(at, changes, message);
}
inline void rewrite_end(const IpPlace& at, IpEnd end, const uint8_t* address, uint16_t port) {
  ChecksumUpdate unused;
  rewrite_end(at, end, address, port, unused);
}

// Gives one end of a packet with an ICMP error another address; `quoted` has the changes in the packet that it quotes.
inline void rewrite_error(const IpPlace& at, IpEnd end, const uint8_t* address, const ChecksumUpdate& quoted) {
  ChecksumUpdate changes = ip_rewrite_detail::replace_address(at, end, address), unused;
  if (at.version == 4) ip_rewrite_detail::update(at.ip + 10, changes, unused);
  ChecksumUpdate message = quoted;
  if (at.version == 6) message += changes;  // its checksum covers the addresses (RFC 4443 2.3)
  ip_rewrite_detail::update(at.transport + 2, message, unused);
}
// The same without a change of an address.
inline void rewrite_error(const IpPlace& at, const ChecksumUpdate& quoted) {
  ChecksumUpdate unused;
  ip_rewrite_detail::update(at.transport + 2, quoted, unused);
}

}  // namespace clickup
