// GetIPAddress([OFFSET, ANNO] | IP src|dst, [ANNO]): copies an address of the packet to the destination annotation.
//
// Ports: 1 input, 1 output, agnostic. Packets that end before the address are passed unchanged.
// Parameters: OFFSET of an IPv4 address in bytes, 16 for the destination in an IPv4 header; or IP, `src` or `dst`, the
// address in the marked IP header, of IPv4 or IPv6; ANNO, another annotation of four bytes, for IPv4 only (DST_IP).
#pragma once

#include <cstring>

#include "driver/element.hh"
#include "support/annotation/annotation.hh"
#include "support/ip_packet/ip_packet.hh"

namespace clickup {

class GetIPAddress : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string side;
    uint32_t none = ~0u;
    offset_ = none;
    arguments.positional("OFFSET", offset_, false);
    read_annotation(arguments, errors, 4, place_);
    arguments.keyword("IP", side).finish(errors);
    if (!side.empty() && side != "src" && side != "dst") errors.add("IP is src or dst, not '" + side + "'");
    if ((offset_ == none) == side.empty()) errors.add("give either OFFSET or IP");
    if (offset_ != none && offset_ > kMaxPacket) {
      errors.add("OFFSET is at most " + std::to_string(kMaxPacket) + " bytes");
    }
    marked_ = !side.empty();
    source_ = side == "src";
  }

  void process(Batch& batch) override {
    for (Packet* packet : batch) {
      if (marked_) {
        copy_marked(*packet);
      } else if (offset_ + 4 <= packet->length) {
        std::memcpy(packet->annotation(place_), packet->data() + offset_, 4);
      }
    }
  }

 private:
  void copy_marked(Packet& packet) const {
    if (const uint8_t* ip = ip4_header(packet)) {
      std::memcpy(packet.annotation(place_), ip + (source_ ? 12 : 16), 4);
    } else if (const uint8_t* ip = place_ == 0 ? ip6_header(packet) : nullptr) {
      std::memcpy(packet.destination_ip6, ip + (source_ ? 8 : 24), 16);
    }
  }

  uint32_t offset_ = 0, place_ = 0;
  bool marked_ = false, source_ = false;
};

}  // namespace clickup
