// An IPv4 packet as a NAT sees it: its ends, what it may begin, where its addresses and ports lie.
#pragma once

#include <cstring>

#include "support/checksum/checksum_update.hh"
#include "support/ip_header/ip_header.hh"
#include "support/tcp_tracker/tcp_segment.hh"

namespace clickup {

enum class NatKind : uint8_t {
  malformed,
  flow,      // ports are known
  error,     // an ICMP error
  fragment,  // not the first one: no ports
};

// Addresses are kept as they lie in a header, ports as numbers. An ICMP query has its identifier as the port of who
// asks and its type as the port of who is asked; other protocols than TCP, UDP and ICMP queries have no ports: 0.
struct NatEnds {
  uint32_t source = 0, destination = 0;
  uint16_t source_port = 0, destination_port = 0;
  uint8_t protocol = 0;
};

// Where the headers of a packet lie, whole or quoted by an error.
struct NatHeaders {
  uint8_t* ip = nullptr;
  uint8_t* transport = nullptr;
  uint32_t available = 0;  // bytes from `transport` on
};

struct NatPacket : NatEnds, NatHeaders {
  NatKind kind = NatKind::malformed;
  bool may_open = false;  // a session may begin with it
  bool asks = false;      // an ICMP query, not the answer to one
  bool first_fragment = false;
  bool may_be_fragmented = false;  // or is one: its identification means something (RFC 6864)
  uint8_t link_length = 0;         // bytes before the IP header that belong to it
  uint16_t fragment_offset = 0;    // in units of 8 bytes
  uint16_t identification = 0;
  uint32_t bytes = 0;  // IP header included
  uint64_t hash = 0;   // of the key that is looked up first
  TcpSegment tcp;
};

namespace nat_packet_detail {

// The request that an ICMP message is or answers: echo, timestamp, information, address mask; -1 for others.
inline int request_type(uint8_t type) {
  switch (type) {
    case 8:
    case 0: return 8;
    case 13:
    case 14: return 13;
    case 15:
    case 16: return 15;
    case 17:
    case 18: return 17;
    default: return -1;
  }
}
inline bool is_request(uint8_t type) { return type == 8 || type == 13 || type == 15 || type == 17; }
// RFC 5508 section 2: errors that quote a packet. Source quench is obsolete (RFC 6633), redirects concern only the
// link.
inline bool is_error(uint8_t type) { return type == 3 || type == 11 || type == 12; }

inline void read_ports(const uint8_t* at, NatEnds& ends) {
  ends.source_port = read_u16(at);
  ends.destination_port = read_u16(at + 2);
}

// False when it is no query.
inline bool read_query(const uint8_t* at, NatEnds& ends, bool& asks) {
  int request = request_type(at[0]);
  if (request < 0) return false;
  asks = is_request(at[0]);
  uint16_t identifier = read_u16(at + 4);
  ends.source_port = asks ? identifier : uint16_t(request);
  ends.destination_port = asks ? uint16_t(request) : identifier;
  return true;
}

inline NatKind read_icmp(NatPacket& packet) {
  if (packet.available < 8) return NatKind::malformed;
  if (is_error(packet.transport[0])) return packet.first_fragment ? NatKind::malformed : NatKind::error;
  if (!read_query(packet.transport, packet, packet.asks)) return NatKind::malformed;
  packet.may_open = packet.asks;
  return NatKind::flow;
}

// A first fragment holds the whole header, or nothing behind it is let through (RFC 1858).
inline NatKind read_transport(NatPacket& packet) {
  switch (packet.protocol) {
    case protocol::tcp:
      if (!read_tcp(packet.transport, packet.available, packet.tcp)) return NatKind::malformed;
      packet.may_open = packet.tcp.opens();
      break;
    case protocol::udp: {
      if (packet.available < 8) return NatKind::malformed;
      uint32_t length = read_u16(packet.transport + 4);
      if (length < 8 || (!packet.first_fragment && length > packet.available)) return NatKind::malformed;
      packet.may_open = true;
      break;
    }
    case protocol::icmp: return read_icmp(packet);
    default: packet.may_open = true; return NatKind::flow;
  }
  read_ports(packet.transport, packet);
  return NatKind::flow;
}

inline void read_addresses(const uint8_t* ip, NatEnds& ends) {
  std::memcpy(&ends.source, ip + 12, 4);
  std::memcpy(&ends.destination, ip + 16, 4);
  ends.protocol = ip[9];
}

}  // namespace nat_packet_detail

// Reads `length` bytes that begin with an IPv4 header whose checksum was checked; `packet` is fresh.
inline void read_nat_packet(uint8_t* data, uint32_t length, NatPacket& packet) {
  if (length < 20 || data[0] >> 4 != 4) return;
  uint32_t header = (data[0] & 15u) * 4, total = read_u16(data + 2);
  if (header < 20 || total < header || total > length) return;
  nat_packet_detail::read_addresses(data, packet);
  packet.ip = data;
  packet.transport = data + header;
  packet.available = total - header;
  packet.bytes = total;
  packet.identification = read_u16(data + 4);
  packet.fragment_offset = read_u16(data + 6) & 0x1fff;
  packet.first_fragment = packet.fragment_offset == 0 && (data[6] & 0x20);
  packet.may_be_fragmented = (data[6] & 0x60) != 0x40 || packet.fragment_offset != 0;
  if (packet.fragment_offset == 0) {
    packet.kind = nat_packet_detail::read_transport(packet);
  } else if (packet.protocol != protocol::tcp || packet.fragment_offset > 1) {  // else it overlaps the flags (RFC 1858)
    packet.kind = NatKind::fragment;
  }
}

// The packet that an ICMP error quotes: at least eight bytes behind its header, IP options skipped (RFC 5508 REQ-3b).
// False when it cannot be told whose it is; so for a later fragment. Of TCP, the first four bytes behind the ports are
// the sequence number.
inline bool read_quoted(uint8_t* data, uint32_t length, NatEnds& ends, NatHeaders& headers) {
  if (length < 28 || data[0] >> 4 != 4) return false;
  uint32_t header = (data[0] & 15u) * 4;
  if (header < 20 || header + 8 > length || (read_u16(data + 6) & 0x1fff) != 0) return false;
  nat_packet_detail::read_addresses(data, ends);
  headers = {data, data + header, length - header};
  bool asks = false;
  if (ends.protocol == protocol::icmp) return nat_packet_detail::read_query(headers.transport, ends, asks);
  if (ends.protocol == protocol::tcp || ends.protocol == protocol::udp)
    nat_packet_detail::read_ports(headers.transport, ends);
  return true;
}

}  // namespace clickup
