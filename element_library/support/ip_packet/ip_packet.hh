// An IPv4 or IPv6 packet in its buffer: where its transport header is, and checksums over both.
#pragma once

#include <cstdint>
#include <cstring>

#include "driver/packet.hh"
#include "support/checksum/checksum.hh"
#include "support/ip_fields/ip_fields.hh"

namespace clickup {

struct IpPacket {
  uint8_t* ip = nullptr;
  uint32_t length = 0;     // from the IP header on: as stated there, or up to the end of the packet
  uint32_t transport = 0;  // from the IP header to the transport header, extension headers passed
  uint8_t protocol = 0;    // of the transport header
  bool six = false;
  bool fragment = false;
  bool first = true;  // no fragment, or the one with offset 0: begins with the transport header

  uint8_t* transport_header() const { return ip + transport; }
  uint32_t transport_length() const { return length - transport; }
  const uint8_t* source() const { return ip + (six ? 8 : 12); }
  const uint8_t* destination() const { return ip + (six ? 24 : 16); }
  uint32_t address_size() const { return six ? 16 : 4; }
};

// The IP header that the network header annotation marks, when `size` bytes of it are there; nullptr otherwise.
inline uint8_t* marked_header(Packet& packet, uint8_t version, uint32_t size) {
  if (packet.network_header == Packet::kNoHeader) return nullptr;
  if (packet.network_header + size > packet.begin + packet.length) return nullptr;
  uint8_t* ip = packet.buffer + packet.network_header;
  return ip[0] >> 4 == version ? ip : nullptr;
}
inline uint8_t* ip4_header(Packet& packet) { return marked_header(packet, 4, 20); }
inline uint8_t* ip6_header(Packet& packet) { return marked_header(packet, 6, 40); }

namespace ip_packet_detail {

inline bool read4(uint8_t* ip, uint32_t there, IpPacket& read) {
  uint32_t header = (ip[0] & 15u) * 4, total = load16(ip + 2), fragment = load16(ip + 6);
  read.ip = ip;
  read.length = total < there ? total : there;
  read.transport = header;
  read.protocol = ip[9];
  read.fragment = (fragment & 0x3fff) != 0;
  read.first = (fragment & 0x1fff) == 0;
  return header >= 20 && header <= read.length;
}

inline bool read6(uint8_t* ip, uint32_t there, IpPacket& read) {
  uint32_t total = 40u + load16(ip + 4);
  read.ip = ip;
  read.length = total < there ? total : there;
  read.six = true;
  Ip6Transport found = find_ip6_transport(ip, read.length);
  read.transport = found.offset;
  read.protocol = found.protocol;
  read.fragment = found.fragment;
  read.first = found.first;
  return found.complete;
}

}  // namespace ip_packet_detail

// False when no IP header is marked, or its headers end outside the packet.
inline bool read_ip_packet(Packet& packet, IpPacket& read) {
  uint32_t end = packet.begin + packet.length;
  if (uint8_t* ip = ip4_header(packet)) return ip_packet_detail::read4(ip, end - packet.network_header, read);
  if (uint8_t* ip = ip6_header(packet)) return ip_packet_detail::read6(ip, end - packet.network_header, read);
  return false;
}

// One's complement sum of the pseudo header (RFC 9293 section 3.1, RFC 8200 section 8.1) for `length` bytes of
// transport.
inline uint16_t pseudo_header_sum(const IpPacket& packet, uint32_t length) {
  uint8_t rest[8]{uint8_t(length >> 24), uint8_t(length >> 16), uint8_t(length >> 8), uint8_t(length), 0, 0, 0,
                  packet.protocol};
  uint32_t sum = internet_sum(packet.source(), packet.address_size() * 2) + internet_sum(rest, sizeof rest);
  return uint16_t((sum & 0xffff) + (sum >> 16));
}

// Sum over pseudo header and `length` bytes from the transport header on; 0xffff when the checksum in it is right.
inline uint16_t transport_sum(const IpPacket& packet, uint32_t length) {
  uint32_t sum = pseudo_header_sum(packet, length) + internet_sum(packet.transport_header(), length);
  return uint16_t((sum & 0xffff) + (sum >> 16));
}

// Recomputes the transport checksum over `length` bytes, in the field at `offset` of the transport header.
inline void set_transport_checksum(const IpPacket& packet, uint32_t offset, uint32_t length) {
  uint8_t* field = packet.transport_header() + offset;
  std::memset(field, 0, 2);
  uint16_t checksum = uint16_t(~transport_sum(packet, length));
  if (checksum == 0 && packet.protocol == kUdp) checksum = 0xffff;  // 0 says that there is none (RFC 768)
  std::memcpy(field, &checksum, 2);
}

inline void set_ip4_checksum(uint8_t* ip) {
  std::memset(ip + 10, 0, 2);
  uint16_t checksum = uint16_t(~internet_sum(ip, (ip[0] & 15u) * 4));
  std::memcpy(ip + 10, &checksum, 2);
}

}  // namespace clickup
