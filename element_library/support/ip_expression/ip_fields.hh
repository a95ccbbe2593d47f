// The header fields that expressions test, read once a packet (RFC 791, 8200, 9293, 768, 792, 4443).
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

struct IpFields {
  uint32_t present = 0;  // bit i: value i is known; ports never are in a fragment with an offset
  uint32_t values[size_t(IpField::count)];
  const uint8_t* source6 = nullptr;  // IPv6 only
  const uint8_t* destination6 = nullptr;

  void set(IpField field, uint32_t value) {
    values[size_t(field)] = value;
    present |= 1u << unsigned(field);
  }
  bool has(IpField field) const { return present >> unsigned(field) & 1; }
  uint32_t operator[](IpField field) const { return values[size_t(field)]; }
};

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

inline void read_transport_fields(const uint8_t* transport, uint32_t length, uint8_t protocol, IpFields& fields) {
  if ((protocol == kTcp || protocol == kUdp) && length >= 4) {
    fields.set(IpField::source_port, load16(transport));
    fields.set(IpField::destination_port, load16(transport + 2));
  }
  if (protocol == kTcp && length >= 14) fields.set(IpField::tcp_flags, transport[13]);
  if (protocol == kTcp && length >= 16) fields.set(IpField::tcp_window, load16(transport + 14));
  if ((protocol == kIcmp || protocol == kIcmp6) && length >= 1) fields.set(IpField::icmp_type, transport[0]);
  if ((protocol == kIcmp || protocol == kIcmp6) && length >= 2) fields.set(IpField::icmp_code, transport[1]);
}

inline void read_ip4_fields(const uint8_t* ip, uint32_t length, IpFields& fields) {
  uint32_t header = (ip[0] & 15u) * 4, total = load16(ip + 2), fragment = load16(ip + 6);
  fields.set(IpField::version, 4);
  fields.set(IpField::header_length, ip[0] & 15u);
  fields.set(IpField::id, load16(ip + 4));
  fields.set(IpField::tos, ip[1]);
  fields.set(IpField::ttl, ip[8]);
  fields.set(IpField::protocol, ip[9]);
  fields.set(IpField::fragment, (fragment & 0x3fff) != 0);
  fields.set(IpField::source, load32(ip + 12));
  fields.set(IpField::destination, load32(ip + 16));
  uint32_t end = total < length ? total : length;
  if ((fragment & 0x1fff) == 0 && header >= 20 && header <= end) {
    read_transport_fields(ip + header, end - header, ip[9], fields);
  }
}

inline void read_ip6_fields(const uint8_t* ip, uint32_t length, IpFields& fields) {
  uint32_t total = 40u + load16(ip + 4), end = total < length ? total : length;
  Ip6Transport transport = find_ip6_transport(ip, end);
  fields.set(IpField::version, 6);
  fields.set(IpField::tos, load16(ip) >> 4 & 0xff);
  fields.set(IpField::ttl, ip[7]);
  fields.set(IpField::fragment, transport.fragment);
  fields.source6 = ip + 8;
  fields.destination6 = ip + 24;
  if (!transport.complete) return;
  fields.set(IpField::protocol, transport.protocol);
  if (transport.first) {
    read_transport_fields(ip + transport.offset, end - transport.offset, transport.protocol, fields);
  }
}

// Reads the packet's fields; none are present without a network header annotation on an IP header.
inline void read_ip_fields(const Packet& packet, IpFields& fields) {
  uint32_t end = packet.begin + packet.length;
  if (packet.network_header == Packet::kNoHeader || packet.network_header + 20 > end) return;
  const uint8_t* ip = packet.buffer + packet.network_header;
  uint32_t length = end - packet.network_header;
  if (ip[0] >> 4 == 4) {
    read_ip4_fields(ip, length, fields);
  } else if (ip[0] >> 4 == 6 && length >= 40) {
    read_ip6_fields(ip, length, fields);
  }
}

}  // namespace clickup
