// VLANDecap([ANNO, ETHERTYPE]): takes the VLAN tag off Ethernet frames that have one (IEEE 802.1Q).
//
// Ports: 1 input, 1 output, agnostic. Of several tags the outermost goes. Other frames pass as they are.
// Parameters: ANNO, whether the tag is kept in the packet's VLAN tag annotation, 0 where there was none (true);
// ETHERTYPE of the tag (0x8100; 0x88a8 for a service tag).
#pragma once

#include <cstring>

#include "driver/element.hh"
#include "support/ip_fields/ip_fields.hh"
#include "support/live_handlers/live_handlers.hh"

namespace clickup {

class VLANDecap : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string type = "0x8100";
    arguments.positional("ANNO", annotate_, false).keyword("ETHERTYPE", type).finish(errors);
    if (std::string problem = set_number("ETHERTYPE", type, type_, 0, 0xffff); !problem.empty()) errors.add(problem);
  }

  void process(Batch& batch) override {
    for (Packet* packet : batch) decapsulate(*packet);
  }

 private:
  void decapsulate(Packet& packet) const {
    uint8_t* frame = packet.data();
    bool tagged = packet.length >= 18 && load16(frame + 12) == type_;
    if (annotate_) packet.vlan_tci = tagged ? load16(frame + 14) : 0;
    if (!tagged) return;
    std::memmove(frame + 4, frame, 12);
    packet.strip(4);
    packet.mac_header = packet.begin;
  }

  bool annotate_ = true;
  uint32_t type_ = 0x8100;
};

}  // namespace clickup
