// Flows as lines that people read.
#pragma once

#include <cstdio>
#include <string>

#include "elements/FlowTable/flow_packet.hh"
#include "state_table/moment.hh"
#include "support/ip_address/ip_address.hh"

namespace clickup {

inline std::string flow_end_text(const uint8_t* address, uint16_t port) {
  std::string text = ip_address_text(address);
  return (is_ip4(address) ? text : "[" + text + "]") + ":" + std::to_string(port);
}

// Protocol, source, destination, mark, packets, bytes, TCP flags, seconds since the last packet.
inline std::string flow_text(const FlowRecord& flow, uint64_t now) {
  char flags[8];
  std::snprintf(flags, sizeof flags, "%02x", flow.tcp_flags);
  return std::to_string(flow.protocol) + " " + flow_end_text(flow.source, flow.source_port) + " " +
         flow_end_text(flow.destination, flow.destination_port) + " " + std::to_string(flow.mark) + " " +
         std::to_string(flow.packets) + " " + std::to_string(flow.bytes) + " " + flags + " " +
         std::to_string(age(flow.last, now) / 1'000'000'000);
}

}  // namespace clickup
