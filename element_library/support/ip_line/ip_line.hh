// An IP packet as a line: addresses, ports, and what the transport header says.
#pragma once

#include <string>

#include "driver/packet.hh"

namespace clickup {

struct IpLineOptions {
  bool id = false, ttl = false, tos = false, length = false;
};

// Appends such as "10.0.0.1.1025 > 10.0.0.2.80: S 5:6(1,60,60) win 100". Nothing is read beyond the packet.
void append_ip_line(std::string& line, const Packet& packet, const IpLineOptions& options);

// Offset in the buffer of what follows the TCP or UDP header, of the transport header for other protocols; at most the
// packet's end.
uint32_t ip_payload_offset(const Packet& packet);

}  // namespace clickup
