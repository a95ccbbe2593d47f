// A UDP datagram of our own (RFC 768) as an IPv4 (RFC 791) or IPv6 packet (RFC 8200).
#pragma once

#include <cstring>
#include <span>

#include "driver/packet.hh"
#include "support/checksum/checksum.hh"
#include "support/ip_address/ip_address.hh"

namespace clickup {

struct UdpPath {  // addresses of one IP version
  IpAddress source{}, destination{};
  uint16_t source_port = 0, destination_port = 0;

  bool four() const { return is_ip4(destination.data()); }
  uint32_t header_bytes() const { return four() ? 28 : 48; }
};

namespace udp_datagram_detail {

inline constexpr uint8_t kUdp = 17, kHops = 64;

inline void put16(uint8_t* at, uint32_t value) {
  at[0] = uint8_t(value >> 8);
  at[1] = uint8_t(value);
}

// Must not be fragmented, so its identification has no meaning (RFC 6864).
inline void write_ip4(const UdpPath& path, uint32_t length, uint8_t* ip) {
  const uint8_t fixed[12] = {0x45, 0, uint8_t(length >> 8), uint8_t(length), 0, 0, 0x40, 0, kHops, kUdp, 0, 0};
  std::memcpy(ip, fixed, sizeof fixed);
  std::memcpy(ip + 12, path.source.data() + 12, 4);
  std::memcpy(ip + 16, path.destination.data() + 12, 4);
  uint16_t checksum = uint16_t(~internet_sum(ip, 20));
  std::memcpy(ip + 10, &checksum, 2);
}
inline void write_ip6(const UdpPath& path, uint32_t udp_length, uint8_t* ip) {
  const uint8_t fixed[8] = {0x60, 0, 0, 0, uint8_t(udp_length >> 8), uint8_t(udp_length), kUdp, kHops};
  std::memcpy(ip, fixed, sizeof fixed);
  std::memcpy(ip + 8, path.source.data(), 16);
  std::memcpy(ip + 24, path.destination.data(), 16);
}

// `addresses`: both of them, as they lie in the IP header.
inline void write_udp(const UdpPath& path, std::span<const uint8_t> addresses, uint32_t length, uint8_t* udp) {
  put16(udp, path.source_port);
  put16(udp + 2, path.destination_port);
  put16(udp + 4, length);
  put16(udp + 6, 0);
  const uint8_t pseudo[4] = {0, kUdp, uint8_t(length >> 8), uint8_t(length)};
  uint32_t sum =
      internet_sum(addresses.data(), uint32_t(addresses.size())) + internet_sum(pseudo, 4) + internet_sum(udp, length);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  uint16_t checksum = uint16_t(~sum);
  if (checksum == 0) checksum = 0xffff;  // 0 would say that there is none
  std::memcpy(udp + 6, &checksum, 2);
}

}  // namespace udp_datagram_detail

// Writes the datagram into an empty packet, with its annotations. The payload fits.
inline void write_udp_datagram(const UdpPath& path, std::span<const uint8_t> payload, Packet& packet) {
  uint32_t udp_length = 8 + uint32_t(payload.size()), ip_length = path.header_bytes() - 8;
  packet.length = ip_length + udp_length;
  packet.network_header = packet.begin;
  packet.transport_header = packet.begin + ip_length;
  uint8_t *ip = packet.data(), *udp = ip + ip_length;
  std::memcpy(udp + 8, payload.data(), payload.size());
  if (path.four()) {
    udp_datagram_detail::write_ip4(path, packet.length, ip);
    std::memcpy(&packet.destination_ip, path.destination.data() + 12, 4);
    udp_datagram_detail::write_udp(path, {ip + 12, 8}, udp_length, udp);
  } else {
    udp_datagram_detail::write_ip6(path, udp_length, ip);
    std::memcpy(packet.destination_ip6, path.destination.data(), 16);
    udp_datagram_detail::write_udp(path, {ip + 8, 32}, udp_length, udp);
  }
}

}  // namespace clickup
