// A packet as connection tracking sees it: its session, which of the two hosts sent it, what it may do.
#pragma once

#include "elements/SessionTable/session_state.hh"
#include "support/ip_header/ip_header.hh"
#include "support/tcp_tracker/tcp_segment.hh"

namespace clickup {

enum class PacketKind : uint8_t {
  malformed,
  tracked,
  error,        // ICMP error: `key` and `from_second` are those of the packet it quotes
  fragment,     // not the first one: `key` is that of the fragment record
  neighbour,    // IPv6 neighbour solicitation or advertisement on the link
  sessionless,  // other neighbour discovery, multicast listeners: the policy decides, no session is kept
};

struct alignas(64) SessionPacket {
  PacketKind kind = PacketKind::malformed;
  bool from_second = false;     // sent by the second endpoint of the key
  bool may_open = false;        // a session may begin with it
  bool first_fragment = false;  // others follow
  uint8_t fragment_protocol = 0;
  uint32_t fragment_id = 0;
  uint32_t bytes = 0;  // as in the IP header, without padding of the link
  uint64_t hash = 0;
  const uint8_t* payload = nullptr;  // of TCP and UDP
  uint32_t payload_length = 0;       // bytes of it in this packet
  TcpSegment tcp;
  Session key;  // key fields only: the others stay zero

  // Prepares for another packet, without writing fields that are always zero.
  void clear() {
    kind = PacketKind::malformed;
    from_second = may_open = first_fragment = false;
    payload_length = 0;
    tcp = TcpSegment();
    key.detail = 0;
  }
};

namespace session_packet_detail {

// The lower endpoint comes first, so that both directions name one session. False when both are the same.
inline bool set_endpoints(SessionPacket& packet, const IpHeader& ip, uint16_t source_port, uint16_t destination_port) {
  bool same_address = ip.source == ip.destination;
  packet.from_second = ip.destination < ip.source || (same_address && source_port > destination_port);
  const IpAddress& first = packet.from_second ? ip.destination : ip.source;
  const IpAddress& second = packet.from_second ? ip.source : ip.destination;
  std::memcpy(packet.key.first_address, first.words, sizeof first.words);
  std::memcpy(packet.key.second_address, second.words, sizeof second.words);
  packet.key.first_port = packet.from_second ? destination_port : source_port;
  packet.key.second_port = packet.from_second ? source_port : destination_port;
  packet.key.protocol = ip.protocol;
  return !same_address || source_port != destination_port;
}

// The type that answers an ICMP request or that asked for a reply; -1 for all other types.
inline int request_of(uint8_t protocol, uint8_t type) {
  if (protocol == protocol::icmp6) return type == 128 || type == 129 ? 128 : -1;
  switch (type) {
    case 8:
    case 0: return 8;  // echo
    case 13:
    case 14: return 13;  // timestamp
    case 15:
    case 16: return 15;  // information
    case 17:
    case 18: return 17;  // address mask
    default: return -1;
  }
}
inline uint8_t reply_to(uint8_t request) { return request == 8 ? 0 : uint8_t(request + 1); }

inline bool is_error(uint8_t protocol, uint8_t type) {
  if (protocol == protocol::icmp6) return type >= 1 && type <= 4;
  return type == 3 || type == 11 || type == 12;
}

// Neighbour discovery counts only when no router forwarded it (RFC 4861 7.1); multicast listeners of RFC 2710, 3810.
inline PacketKind link_kind(const IpHeader& ip, uint8_t type) {
  if (ip.protocol != protocol::icmp6) return PacketKind::malformed;
  if ((type == 135 || type == 136) && ip.hops == 255) return PacketKind::neighbour;
  if ((type == 133 || type == 134 || type == 137) && ip.hops == 255) return PacketKind::sessionless;
  return (type >= 130 && type <= 132) || type == 143 ? PacketKind::sessionless : PacketKind::malformed;
}

inline PacketKind read_flow(const IpHeader& ip, bool quoted, SessionPacket& packet);

inline PacketKind read_error(const IpHeader& ip, SessionPacket& packet) {
  IpHeader quoted;
  if (ip.is_fragment() || !read_ip(ip.payload + 8, ip.available - 8, true, quoted)) return PacketKind::malformed;
  // An error goes back to the sender of the packet that it quotes; one that goes elsewhere answers nothing.
  if (quoted.version != ip.version || quoted.source != ip.destination) return PacketKind::malformed;
  PacketKind kind = read_flow(quoted, true, packet);
  return kind == PacketKind::tracked || kind == PacketKind::fragment ? PacketKind::error : PacketKind::malformed;
}

inline PacketKind read_icmp(const IpHeader& ip, bool quoted, SessionPacket& packet) {
  if (ip.available < 8) return PacketKind::malformed;
  uint8_t type = ip.payload[0];
  if (is_error(ip.protocol, type)) return quoted ? PacketKind::malformed : read_error(ip, packet);
  int request = request_of(ip.protocol, type);
  if (request < 0) return link_kind(ip, type);
  uint16_t identifier = read_u16(ip.payload + 4);
  bool two = set_endpoints(packet, ip, identifier, identifier);
  // Two hosts may ask each other with one identifier: who asks is part of the key.
  packet.may_open = type == request;
  packet.key.detail = packet.may_open != packet.from_second ? uint8_t(request) : reply_to(uint8_t(request));
  return two ? PacketKind::tracked : PacketKind::malformed;
}

inline PacketKind read_tcp_flow(const IpHeader& ip, bool quoted, SessionPacket& packet) {
  if (quoted) {  // eight bytes are all that is promised (RFC 792)
    if (ip.available < 8) return PacketKind::malformed;
    packet.tcp.sequence = read_u32(ip.payload + 4);
  } else {
    // The rest of a fragmented segment would go unseen and its acknowledgment would seem to be ahead of the data.
    if (ip.is_fragment() || !read_tcp(ip.payload, ip.payload_length, packet.tcp)) return PacketKind::malformed;
    packet.may_open = packet.tcp.opens();
    packet.payload_length = packet.tcp.payload;
    packet.payload = ip.payload + (ip.payload_length - packet.payload_length);
  }
  bool two = set_endpoints(packet, ip, read_u16(ip.payload), read_u16(ip.payload + 2));
  return two ? PacketKind::tracked : PacketKind::malformed;
}

inline PacketKind read_udp(const IpHeader& ip, bool quoted, SessionPacket& packet) {
  if (ip.available < 8) return PacketKind::malformed;
  uint32_t length = read_u16(ip.payload + 4);
  bool whole = !quoted && !ip.is_fragment();
  if (whole && (length < 8 || length > ip.payload_length)) return PacketKind::malformed;
  packet.may_open = true;
  packet.payload = ip.payload + 8;
  packet.payload_length = (whole ? length : ip.available) - 8;
  bool two = set_endpoints(packet, ip, read_u16(ip.payload), read_u16(ip.payload + 2));
  return two ? PacketKind::tracked : PacketKind::malformed;
}

// Makes the key of the record that the first fragment leaves for the others.
inline void set_fragment_key(Session& key, uint8_t protocol, uint32_t id) {
  key.protocol = protocol;
  key.detail = protocol::fragment;
  key.first_port = uint16_t(id >> 16);
  key.second_port = uint16_t(id);
}

inline PacketKind read_flow(const IpHeader& ip, bool quoted, SessionPacket& packet) {
  packet.first_fragment = ip.more_fragments;
  packet.fragment_id = ip.fragment_id;
  packet.fragment_protocol = ip.fragment_protocol;
  if (ip.fragment_offset != 0) {
    set_endpoints(packet, ip, 0, 0);
    set_fragment_key(packet.key, ip.fragment_protocol, ip.fragment_id);
    return PacketKind::fragment;
  }
  switch (ip.protocol) {
    case protocol::tcp: return read_tcp_flow(ip, quoted, packet);
    case protocol::udp: return read_udp(ip, quoted, packet);
    case protocol::icmp: return ip.version == 4 ? read_icmp(ip, quoted, packet) : PacketKind::malformed;
    case protocol::icmp6: return ip.version == 6 ? read_icmp(ip, quoted, packet) : PacketKind::malformed;
    default: break;
  }
  packet.may_open = true;
  return set_endpoints(packet, ip, 0, 0) ? PacketKind::tracked : PacketKind::malformed;
}

}  // namespace session_packet_detail

// Reads `length` bytes that begin with an IP header; `packet` must be fresh or cleared. Checksums are CheckIPHeader's
// matter.
inline void read_session_packet(const uint8_t* data, uint32_t length, SessionPacket& packet) {
  IpHeader ip;
  if (!read_ip(data, length, false, ip)) return;
  packet.bytes = uint32_t(ip.payload - data) + ip.payload_length;
  packet.kind = session_packet_detail::read_flow(ip, false, packet);
}

}  // namespace clickup
