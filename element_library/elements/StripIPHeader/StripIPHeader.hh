// StripIPHeader: takes the IP header off, IPv4 options and IPv6 extension headers included.
//
// Ports: 1 input, 1 output, agnostic. The IP header must be marked; it stays marked, so that what comes out of a tunnel
// needs its own check. Packets without a whole IP header are dropped. Click's class knows IPv4 only.
#pragma once

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ip_packet/ip_packet.hh"

namespace clickup {

class StripIPHeader : public Element {
 public:
  void process(Batch& batch) override {
    Batch bad;
    filter_batch(batch, bad, [](Packet& packet) {
      IpPacket read;
      if (!read_ip_packet(packet, read) || packet.network_header < packet.begin) return false;
      packet.strip(packet.network_header + read.transport - packet.begin);
      return true;
    });
    bad.release();
  }
};

}  // namespace clickup
