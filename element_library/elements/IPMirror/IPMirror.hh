// IPMirror([DST_ANNO]): swaps source and destination of IP packets.
//
// Ports: 1 input, 1 output, agnostic. The IP header must be marked. Swaps the addresses, of TCP and UDP the ports too,
// and of TCP the sequence and acknowledgement numbers; no checksum changes by that. Click's class knows IPv4 only.
// Parameters: DST_ANNO, whether the destination annotation becomes the new destination (true).
#pragma once

#include <algorithm>

#include "driver/element.hh"
#include "support/ip_packet/ip_packet.hh"

namespace clickup {

class IPMirror : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.positional("DST_ANNO", annotate_, false).finish(errors);
  }

  void process(Batch& batch) override {
    for (Packet* packet : batch) mirror(*packet);
  }

 private:
  void mirror(Packet& packet) const {
    IpPacket read;
    bool whole = read_ip_packet(packet, read);
    if (!read.ip) return;
    uint32_t size = read.address_size();
    uint8_t* addresses = read.ip + (read.six ? 8 : 12);
    std::swap_ranges(addresses, addresses + size, addresses + size);
    if (annotate_) std::memcpy(packet.destination_ip6, addresses + size, size);
    if (!whole || !read.first || (read.protocol != kTcp && read.protocol != kUdp)) return;
    uint8_t* transport = read.transport_header();
    if (read.transport_length() >= 4) std::swap_ranges(transport, transport + 2, transport + 2);
    if (read.protocol == kTcp && read.transport_length() >= 12)
      std::swap_ranges(transport + 4, transport + 8, transport + 8);
  }

  bool annotate_ = true;
};

}  // namespace clickup
