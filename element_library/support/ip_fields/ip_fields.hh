// The header fields that expressions test (RFC 791, 8200, 9293, 768, 792, 4443).
#pragma once

#include <arpa/inet.h>

#include <cstdint>
#include <cstring>

#include "driver/packet.hh"

namespace clickup {

enum class IpField : uint8_t {
  version,
  header_length,     // IPv4 only, in 32-bit words
  id,                // IPv4 only
  tos,               // traffic class in IPv6
  ttl,               // hop limit in IPv6
  protocol,          // after IPv6 extension headers
  fragment,          // 1 when part of a fragmented packet
  source,            // IPv4 only, host byte order
  destination,       // IPv4 only, host byte order
  source_port,       // TCP and UDP
  destination_port,  // TCP and UDP
  tcp_flags,
  tcp_window,
  icmp_type,  // ICMP and ICMPv6
  icmp_code,  // ICMP and ICMPv6
  count
};

inline constexpr uint8_t kIcmp = 1, kTcp = 6, kUdp = 17, kIcmp6 = 58, kNoNextHeader = 59;

inline uint16_t load16(const uint8_t* at) { return uint16_t(at[0] << 8 | at[1]); }
inline uint32_t load32(const uint8_t* at) { return uint32_t(load16(at)) << 16 | load16(at + 2); }

// Where the transport header of an IPv6 packet starts.
struct Ip6Transport {
  bool complete = false;  // false: the chain of extension headers ends outside the packet
  uint8_t protocol = kNoNextHeader;
  bool fragment = false;
  bool first = true;    // no fragment, or the one with offset 0
  uint32_t offset = 0;  // from the IPv6 header
};

// Walks the extension headers (RFC 8200 section 4) of the packet at `ip`; `length` bytes are there, at least 40.
inline Ip6Transport find_ip6_transport(const uint8_t* ip, uint32_t length) {
  Ip6Transport found;
  found.protocol = ip[6];
  found.offset = 40;
  for (;;) {
    bool options = found.protocol == 0 || found.protocol == 43 || found.protocol == 60 || found.protocol == 135;
    bool authentication = found.protocol == 51, fragment = found.protocol == 44;
    if ((!options && !authentication && !fragment) || !found.first) break;
    if (found.offset + 8 > length) return found;
    const uint8_t* header = ip + found.offset;
    if (fragment) {
      found.fragment = (load16(header + 2) & 0xfff9) != 0;
      found.first = (load16(header + 2) & 0xfff8) == 0;
      found.offset += 8;
    } else {
      found.offset += authentication ? (header[1] + 2u) * 4 : (header[1] + 1u) * 8;
    }
    found.protocol = header[0];
  }
  found.complete = found.offset <= length;
  return found;
}

// Where the headers of one packet are.
struct IpHeaders {
  const uint8_t* ip;
  const uint8_t* transport;
  uint32_t transport_length;  // bytes of the packet from there on, 0 in fragments with an offset
  uint8_t version;            // 0: no IP header
  bool fragment;
  bool has_protocol;
  uint8_t protocol;  // after IPv6 extension headers
};

namespace ip_fields_detail {

inline IpHeaders find_headers4(const uint8_t* ip, uint32_t length) {
  uint32_t header = (ip[0] & 15u) * 4, total = load16(ip + 2), fragment = load16(ip + 6);
  uint32_t end = total < length ? total : length;
  bool there = (fragment & 0x1fff) == 0 && header >= 20 && header <= end;
  return {ip, ip + header, there ? end - header : 0, 4, (fragment & 0x3fff) != 0, true, ip[9]};
}

inline IpHeaders find_headers6(const uint8_t* ip, uint32_t length) {
  uint32_t total = 40u + load16(ip + 4), end = total < length ? total : length;
  Ip6Transport found = find_ip6_transport(ip, end);
  bool there = found.complete && found.first;
  return {ip, ip + found.offset, there ? end - found.offset : 0, 6, found.fragment, found.complete, found.protocol};
}

}  // namespace ip_fields_detail

// Finds nothing without a network header annotation on an IP header.
inline IpHeaders find_headers(const Packet& packet) {
  uint32_t end = packet.begin + packet.length;
  if (packet.network_header == Packet::kNoHeader || packet.network_header + 20 > end) return {};
  const uint8_t* ip = packet.buffer + packet.network_header;
  uint32_t length = end - packet.network_header;
  if (ip[0] >> 4 == 4) return ip_fields_detail::find_headers4(ip, length);
  if (ip[0] >> 4 == 6 && length >= 40) return ip_fields_detail::find_headers6(ip, length);
  return {};
}

// The value, in host byte order; 0 when the packet does not have the field, as `present` then tells.
inline uint32_t read_field(IpField field, const IpHeaders& at, bool& present) {
  bool ports = (at.protocol == kTcp) | (at.protocol == kUdp), icmp = (at.protocol == kIcmp) | (at.protocol == kIcmp6);
  auto has = [&](bool there) { return present = there; };
  auto carries = [&](bool of_protocol, uint32_t bytes) { return has(of_protocol & (at.transport_length >= bytes)); };
  bool four = at.version == 4;
  switch (field) {
    case IpField::version: return has(at.version != 0) ? at.version : 0;
    case IpField::header_length: return has(four) ? at.ip[0] & 15u : 0;
    case IpField::id: return has(four) ? load16(at.ip + 4) : 0;
    case IpField::tos: return !has(at.version != 0) ? 0 : four ? at.ip[1] : load16(at.ip) >> 4 & 0xff;
    case IpField::ttl: return has(at.version != 0) ? at.ip[four ? 8 : 7] : 0;
    case IpField::protocol: return has(at.has_protocol) ? at.protocol : 0;
    case IpField::fragment: return has(at.version != 0) ? at.fragment : 0;
    case IpField::source: return has(four) ? load32(at.ip + 12) : 0;
    case IpField::destination: return has(four) ? load32(at.ip + 16) : 0;
    case IpField::source_port: return carries(ports, 4) ? load16(at.transport) : 0;
    case IpField::destination_port: return carries(ports, 4) ? load16(at.transport + 2) : 0;
    case IpField::tcp_flags: return carries(at.protocol == kTcp, 14) ? at.transport[13] : 0;
    case IpField::tcp_window: return carries(at.protocol == kTcp, 16) ? load16(at.transport + 14) : 0;
    case IpField::icmp_type: return carries(icmp, 1) ? at.transport[0] : 0;
    case IpField::icmp_code: return carries(icmp, 2) ? at.transport[1] : 0;
    default: return 0;
  }
}

}  // namespace clickup
