// PriorityTagDecap: takes priority tags off Ethernet frames: VLAN tags that name no VLAN (identifier 0).
//
// Ports: 1 input, 1 output, agnostic. A frame with such a tag is an untagged one with a priority (IEEE
// 802.1Q-2022 6.9). All that lie at the front go, of both types (0x8100, 0x88a8), as hosts do it: whoever looks at the
// frame then sees what they see. Tags of a VLAN stay, and so does what lies behind them. Other frames pass as they are.
#pragma once

#include <cstring>

#include "driver/element.hh"
#include "support/ip_fields/ip_fields.hh"

namespace clickup {

class PriorityTagDecap : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override { arguments.finish(errors); }

  void process(Batch& batch) override {
    for (Packet* packet : batch) {
      if (packet->length >= kTagged && packet->data()[kAddresses] >= kLowest) decapsulate(*packet);
    }
  }

 private:
  static constexpr uint32_t kAddresses = 12, kTag = 4, kTagged = kAddresses + kTag + 2;
  static constexpr uint16_t kCustomer = 0x8100, kService = 0x88a8;
  static constexpr uint8_t kLowest = kCustomer >> 8;  // the type of IPv4 and ARP is lower: one comparison is enough

  [[gnu::noinline]] static void decapsulate(Packet& packet) {
    uint8_t* frame = packet.data();
    uint32_t tags = 0;
    while (kTagged + tags <= packet.length && is_priority_tag(frame + kAddresses + tags)) tags += kTag;
    if (tags == 0) return;
    std::memmove(frame + tags, frame, kAddresses);
    packet.strip(tags);
    packet.mac_header = packet.begin;
  }

  static bool is_priority_tag(const uint8_t* tag) {
    uint16_t type = load16(tag);
    return (type == kCustomer || type == kService) && (load16(tag + 2) & 0xfff) == 0;
  }
};

}  // namespace clickup
