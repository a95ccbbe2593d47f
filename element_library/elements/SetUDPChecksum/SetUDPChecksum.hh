// SetUDPChecksum: computes the checksum of UDP packets anew, of IPv4 and IPv6.
//
// Ports: 1 input, agnostic; output 0, agnostic; optional output 1, push, for fragments and for packets that end before
// their UDP length (else dropped with a line in the log). The IP header must be marked; the protocol is not looked at.
// Click's class knows IPv4 only.
#pragma once

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ip_packet/ip_packet.hh"

namespace clickup {

class SetUDPChecksum : public Element {
 public:
  void process(Batch& batch) override {
    Batch bad;
    filter_batch(batch, bad, [](Packet& packet) {
      IpPacket read;
      if (!read_ip_packet(packet, read) || read.fragment || read.transport_length() < 8) return false;
      uint32_t length = load16(read.transport_header() + 4);
      if (length < 8 || length > read.transport_length()) return false;
      read.protocol = kUdp;
      set_transport_checksum(read, 6, length);
      return true;
    });
    if (bad.empty()) return;
    if (output_count() == 1) chatter(*this, "fragment or short packet");
    push_or_release(1, bad);
  }
};

}  // namespace clickup
