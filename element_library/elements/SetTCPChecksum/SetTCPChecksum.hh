// SetTCPChecksum([FIXOFF]): computes the checksum of TCP packets anew, of IPv4 and IPv6.
//
// Ports: 1 input, 1 output, agnostic. The IP header must be marked. Packets that are no whole TCP segment, fragments
// among them, are dropped with a line in the log. Click's class knows IPv4 only.
// Parameters: FIXOFF, corrects a TCP header length that is less than 20 bytes or more than there is (false).
#pragma once

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ip_packet/ip_packet.hh"

namespace clickup {

class SetTCPChecksum : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.positional("FIXOFF", fix_offset_, false).finish(errors);
  }

  void process(Batch& batch) override {
    Batch bad;
    filter_batch(batch, bad, [this](Packet& packet) { return set(packet); });
    if (!bad.empty()) chatter(*this, "not a whole TCP packet");
    bad.release();
  }

 private:
  bool set(Packet& packet) const {
    IpPacket read;
    if (!read_ip_packet(packet, read) || read.protocol != kTcp || read.fragment) return false;
    uint32_t length = read.transport_length();
    if (length < 20) return false;
    if (fix_offset_) fix_offset(read.transport_header(), length);
    set_transport_checksum(read, 16, length);
    return true;
  }

  static void fix_offset(uint8_t* tcp, uint32_t length) {
    uint32_t header = (tcp[12] >> 4) * 4u;
    if (header < 20) tcp[12] = uint8_t(0x50 | (tcp[12] & 15));
    if (header > length) tcp[12] = uint8_t(length / 4 << 4 | (tcp[12] & 15));
  }

  bool fix_offset_ = false;
};

}  // namespace clickup
