// The IP header of a packet, IPv4 (RFC 791) or IPv6 with its extension headers (RFC 8200), read from bytes.
#pragma once

#include <cstdint>
#include <cstring>

#include "support/ip_address/ip_address.hh"

namespace clickup {

inline uint16_t read_u16(const uint8_t* at) { return uint16_t(at[0] << 8 | at[1]); }
inline uint32_t read_u32(const uint8_t* at) { return uint32_t(read_u16(at)) << 16 | read_u16(at + 2); }

namespace protocol {
inline constexpr uint8_t icmp = 1, tcp = 6, udp = 17, icmp6 = 58;
inline constexpr uint8_t hop_by_hop = 0, routing = 43, fragment = 44, authentication = 51, destination_options = 60;
}  // namespace protocol

struct IpHeader {
  IpAddress source, destination;
  uint8_t version = 0;
  uint8_t hops = 0;               // time to live, hop limit
  uint8_t protocol = 0;           // of the payload
  uint8_t fragment_protocol = 0;  // protocol number in every fragment of this packet
  bool more_fragments = false;
  uint16_t fragment_offset = 0;  // in units of 8 bytes
  uint32_t fragment_id = 0;
  const uint8_t* payload = nullptr;
  uint32_t payload_length = 0;  // as the header says
  uint32_t available = 0;       // bytes of it present; less than payload_length only in a packet quoted by an error

  bool is_fragment() const { return more_fragments || fragment_offset != 0; }
};

namespace ip_header_detail {

inline bool is_mapped(const uint8_t* address) { return is_ip4(address); }

inline bool read_ip4(const uint8_t* data, uint32_t length, bool quoted, IpHeader& header) {
  if (length < 20) return false;
  uint32_t header_length = (data[0] & 15u) * 4, total = read_u16(data + 2);
  if (header_length < 20 || header_length > length || total < header_length) return false;
  if (total > length && !quoted) return false;
  header.source = ip4_address(data + 12);
  header.destination = ip4_address(data + 16);
  header.hops = data[8];
  header.protocol = header.fragment_protocol = data[9];
  header.fragment_id = read_u16(data + 4);
  header.more_fragments = data[6] & 0x20;
  header.fragment_offset = read_u16(data + 6) & 0x1fff;
  header.payload = data + header_length;
  header.payload_length = total - header_length;
  header.available = (total < length ? total : length) - header_length;
  return true;
}

inline bool is_extension(uint8_t next) {
  return next == protocol::hop_by_hop || next == protocol::routing || next == protocol::fragment ||
         next == protocol::authentication || next == protocol::destination_options;
}

inline void read_fragment(const uint8_t* at, IpHeader& header) {
  header.fragment_protocol = at[0];
  header.fragment_offset = uint16_t(read_u16(at + 2) >> 3);
  header.more_fragments = at[3] & 1;
  header.fragment_id = read_u32(at + 4);
}

// Walks to the payload; behind a fragment header with an offset there is only a piece of it.
inline bool skip_extensions(IpHeader& header) {
  constexpr int kMost = 8;  // more than any sender uses; bounds the work for one packet
  for (int i = 0; i < kMost && is_extension(header.protocol) && header.fragment_offset == 0; ++i) {
    const uint8_t* at = header.payload;
    if (header.available < 8) return false;
    bool fragment = header.protocol == protocol::fragment;
    if (fragment) read_fragment(at, header);
    bool authentication = header.protocol == protocol::authentication;  // counts in other units (RFC 4302 2.2)
    uint32_t size = fragment ? 8 : authentication ? (at[1] + 2u) * 4 : (at[1] + 1u) * 8;
    if (size > header.available || size > header.payload_length) return false;
    header.protocol = at[0];
    header.payload += size;
    header.payload_length -= size;
    header.available -= size;
  }
  return header.fragment_offset != 0 || !is_extension(header.protocol);
}

inline bool read_ip6(const uint8_t* data, uint32_t length, bool quoted, IpHeader& header) {
  if (length < 40) return false;
  header.payload_length = read_u16(data + 4);
  header.available = length - 40;
  if (header.payload_length > header.available && !quoted) return false;
  if (header.available > header.payload_length) header.available = header.payload_length;
  header.source = ip6_address(data + 8);
  header.destination = ip6_address(data + 24);
  // On the wire they can only be an attempt to pass as an IPv4 session (RFC 4291 2.5.5.2 keeps them inside a host).
  if (is_mapped(data + 8) || is_mapped(data + 24)) return false;
  header.protocol = header.fragment_protocol = data[6];
  header.hops = data[7];
  header.payload = data + 40;
  return skip_extensions(header);
}

}  // namespace ip_header_detail

// False when the bytes are no complete IP packet. `quoted`: the packet may be truncated, as inside an ICMP error.
inline bool read_ip(const uint8_t* data, uint32_t length, bool quoted, IpHeader& header) {
  if (length == 0) return false;
  header.version = data[0] >> 4;
  if (header.version == 4) return ip_header_detail::read_ip4(data, length, quoted, header);
  if (header.version == 6) return ip_header_detail::read_ip6(data, length, quoted, header);
  return false;
}

}  // namespace clickup
