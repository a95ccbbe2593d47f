// A packet as a load balancer sees it: its two ends, its effect on their flow, where its headers lie.
#pragma once

#include "elements/BalanceTable/balance_state.hh"
#include "support/ip_header/ip_header.hh"
#include "support/ip_rewrite/ip_rewrite.hh"
#include "support/tcp_tracker/tcp_segment.hh"

namespace clickup {

enum class BalanceKind : uint8_t {
  malformed,
  flow,      // TCP or UDP with its ports
  fragment,  // not the first one
  error,     // ICMP error about a packet of TCP or UDP
  other,
};

struct BalancePacket {
  BalanceKind kind = BalanceKind::malformed;
  bool first_fragment = false;  // others follow
  uint8_t tcp_flags = 0;
  uint16_t source_port = 0, destination_port = 0;  // of an error: those of what it quotes, turned round,
  const uint8_t* source = nullptr;                 // and so are the addresses: as if it were a packet of that flow
  const uint8_t* destination = nullptr;
  uint8_t protocol = 0;  // of the flow
  uint32_t service = 0;  // number in the list of the first one that it may belong to
  uint64_t hash = 0;     // of the flow, as if it belonged to that
  IpHeader header, quoted_header;
  IpPlace place, quoted;

  bool begins() const {
    return protocol == protocol::tcp && (tcp_flags & (tcp_flag::syn | tcp_flag::ack | tcp_flag::rst)) == tcp_flag::syn;
  }
};

namespace balance_packet_detail {

inline bool has_ports(uint8_t protocol) { return protocol == protocol::tcp || protocol == protocol::udp; }

inline bool is_error(const IpPlace& place) {
  if (place.available < 8) return false;
  uint8_t type = place.transport[0];
  if (place.version == 6) return place.protocol == protocol::icmp6 && type >= 1 && type <= 4;
  return place.protocol == protocol::icmp && (type == 3 || type == 11 || type == 12);
}

inline BalanceKind read_error(BalancePacket& packet) {
  uint8_t* data = packet.place.transport + 8;
  IpHeader& quoted = packet.quoted_header;
  bool whole = read_ip(data, packet.place.available - 8, true, quoted) && quoted.version == packet.header.version;
  // An error goes back to the sender of the packet that it quotes; one that goes elsewhere answers nothing.
  if (!whole || quoted.source != packet.header.destination) return BalanceKind::other;
  packet.quoted = place_of(data, quoted);
  if (!has_ports(quoted.protocol) || packet.quoted.available < 8) return BalanceKind::other;
  packet.protocol = quoted.protocol;
  packet.source = quoted.destination.data();
  packet.destination = quoted.source.data();
  packet.source_port = read_u16(packet.quoted.transport + 2);
  packet.destination_port = read_u16(packet.quoted.transport);
  return BalanceKind::error;
}

inline BalanceKind read_ports(BalancePacket& packet) {
  bool tcp = packet.protocol == protocol::tcp;
  if (packet.place.available < (tcp ? 20u : 8u)) return BalanceKind::malformed;
  packet.source_port = read_u16(packet.place.transport);
  packet.destination_port = read_u16(packet.place.transport + 2);
  if (tcp) packet.tcp_flags = packet.place.transport[13];
  return BalanceKind::flow;
}

}  // namespace balance_packet_detail

// Reads `length` bytes that begin with an IP header; `packet` is fresh and does not outlive them.
inline void read_balance_packet(uint8_t* data, uint32_t length, BalancePacket& packet) {
  using namespace balance_packet_detail;
  if (!read_ip(data, length, false, packet.header)) return;
  packet.place = place_of(data, packet.header);
  packet.protocol = packet.header.protocol;
  packet.source = packet.header.source.data();
  packet.destination = packet.header.destination.data();
  packet.first_fragment = packet.header.more_fragments && packet.header.fragment_offset == 0;
  if (packet.header.fragment_offset != 0) {
    packet.protocol = packet.header.fragment_protocol;
    packet.kind = BalanceKind::fragment;
  } else if (has_ports(packet.protocol)) {
    packet.kind = read_ports(packet);
  } else if (!packet.header.is_fragment() && is_error(packet.place)) {
    packet.kind = read_error(packet);
  } else {
    packet.kind = BalanceKind::other;
  }
}

// The flow of a packet from `client` to `service`.
inline BalancedFlow flow_key(const uint8_t* client, uint16_t client_port, const uint8_t* service, uint16_t service_port,
                             uint8_t protocol) {
  BalancedFlow key;
  std::memcpy(key.client_address, client, sizeof key.client_address);
  std::memcpy(key.service_address, service, sizeof key.service_address);
  key.client_port = client_port;
  key.service_port = service_port;
  key.protocol = protocol;
  return key;
}
// The record under which fragments that follow the first one are found.
inline BalancedFlow fragment_key(const uint8_t* client, const uint8_t* service, uint32_t identification) {
  return flow_key(client, uint16_t(identification >> 16), service, uint16_t(identification), protocol::fragment);
}

}  // namespace clickup
