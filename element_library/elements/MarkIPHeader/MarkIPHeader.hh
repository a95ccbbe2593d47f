// MarkIPHeader([OFFSET]): marks where the IP header is, and the transport header behind it, without checking either.
//
// Ports: 1 input, 1 output, agnostic. OFFSET of the IP header in bytes (0). Packets too short for an IP header are left
// unmarked. Unlike CheckIPHeader it leaves the length and the destination annotation alone.
#pragma once

#include "driver/element.hh"
#include "support/ip_packet/ip_packet.hh"

namespace clickup {

class MarkIPHeader : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.positional("OFFSET", offset_, false).finish(errors);
    if (offset_ > kMaxPacket) errors.add("OFFSET is at most " + std::to_string(kMaxPacket) + " bytes");
  }

  void process(Batch& batch) override {
    for (Packet* packet : batch) mark(*packet);
  }

 private:
  void mark(Packet& packet) const {
    packet.network_header = packet.transport_header = Packet::kNoHeader;
    if (packet.length < offset_ + 20) return;
    packet.network_header = packet.begin + offset_;
    IpPacket read;
    if (read_ip_packet(packet, read)) packet.transport_header = packet.network_header + read.transport;
  }

  uint32_t offset_ = 0;
};

}  // namespace clickup
