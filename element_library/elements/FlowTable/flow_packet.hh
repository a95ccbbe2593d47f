// A packet as flow metering sees it: its flow, and what it adds to that.
#pragma once

#include "layouts/FlowTable.layout.hh"
#include "state_table/state_table.hh"
#include "support/ip_header/ip_header.hh"

namespace clickup {

using FlowRecord = FlowsLayout;
using FlowRecordTable = StateTable<FlowRecord>;

struct FlowPacket {
  bool metered = false;  // an IP packet
  uint8_t tcp_flags = 0;
  uint8_t traffic_class = 0;
  uint32_t bytes = 0;  // as the IP header says
  uint64_t hash = 0;
  FlowRecord key;  // key fields only
};

namespace flow_packet_detail {

inline constexpr uint8_t kDccp = 33, kSctp = 132, kUdpLite = 136;

inline bool has_ports(uint8_t protocol) {
  return protocol == protocol::tcp || protocol == protocol::udp || protocol == kSctp || protocol == kDccp ||
         protocol == kUdpLite;
}
inline bool is_icmp(const IpHeader& ip) { return ip.protocol == (ip.version == 4 ? protocol::icmp : protocol::icmp6); }

inline void read_ports(const IpHeader& ip, FlowPacket& packet) {
  if (ip.fragment_offset != 0 || ip.available < 4) return;
  if (has_ports(ip.protocol)) {
    packet.key.source_port = read_u16(ip.payload);
    packet.key.destination_port = read_u16(ip.payload + 2);
  } else if (is_icmp(ip)) {
    packet.key.destination_port = read_u16(ip.payload);  // type and code, as collectors expect it
  }
  if (ip.protocol == protocol::tcp && ip.available >= 14) packet.tcp_flags = ip.payload[13];
}

}  // namespace flow_packet_detail

// Reads `length` bytes that begin with an IP header; `packet` must be fresh.
inline void read_flow_packet(const uint8_t* data, uint32_t length, uint8_t mark, FlowPacket& packet) {
  IpHeader ip;
  if (!read_ip(data, length, false, ip)) return;
  packet.metered = true;
  packet.bytes = uint32_t(ip.payload - data) + ip.payload_length;
  packet.traffic_class = ip.version == 4 ? data[1] : uint8_t(data[0] << 4 | data[1] >> 4);
  std::memcpy(packet.key.source, ip.source.words, 16);
  std::memcpy(packet.key.destination, ip.destination.words, 16);
  packet.key.protocol = ip.is_fragment() ? ip.fragment_protocol : ip.protocol;
  packet.key.mark = mark;
  flow_packet_detail::read_ports(ip, packet);
}

}  // namespace clickup
