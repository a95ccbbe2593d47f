// VLANEncap([VLAN_TCI, VLAN_PCP] [VLAN_ID, NATIVE_VLAN, ETHERTYPE]): puts a VLAN tag into Ethernet frames (IEEE
// 802.1Q).
//
// Ports: 1 input, 1 output, agnostic. The tag comes before those that are there already, so two make a double tag.
// Packets too short for an Ethernet header, and those that would not fit into their buffer, are dropped.
// Parameters: VLAN_TCI, the tag's 16 bits, or ANNO for the packet's VLAN tag annotation; or VLAN_ID, 0 to 0xfff, and
// VLAN_PCP, the priority, 0 to 7 (0); NATIVE_VLAN, an identifier whose frames stay untagged, -1 for none (0);
// ETHERTYPE of the tag (0x8100; 0x88a8 for a service tag).
// Handlers: vlan_tci, vlan_id, vlan_pcp, native_vlan, ethertype (rw).
#pragma once

#include <cstdio>

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/headroom/headroom.hh"
#include "support/ip_fields/ip_fields.hh"
#include "support/live_handlers/live_handlers.hh"

namespace clickup {

class VLANEncap : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string tci, priority, identifier, native, type;
    arguments.positional("VLAN_TCI", tci, false).positional("VLAN_PCP", priority, false).keyword("VLAN_ID", identifier);
    arguments.keyword("NATIVE_VLAN", native).keyword("ETHERTYPE", type).finish(errors);
    if (!tci.empty() && !identifier.empty()) errors.add("give VLAN_TCI or VLAN_ID, not both");
    if (!tci.empty()) add(errors, set_tci(tci));
    if (!identifier.empty()) add(errors, set_part("VLAN_ID", identifier, 0, 0xfff));
    if (!priority.empty()) add(errors, set_part("VLAN_PCP", priority, 13, 7));
    if (!native.empty()) add(errors, set_native(native));
    if (!type.empty()) add(errors, set_number("ETHERTYPE", type, type_, 0, 0xffff));
  }

  void add_handlers(HandlerTable& handlers) override {
    live_handler(
        handlers, *this, "vlan_tci", "VLAN_TCI", [this] { return annotated_ ? "ANNO" : std::to_string(tci_); },
        [this](std::string_view text) { return set_tci(text); });
    live_handler(
        handlers, *this, "vlan_id", "VLAN_ID", [this] { return std::to_string(tci_ & 0xfff); },
        [this](std::string_view text) { return set_part("VLAN_ID", text, 0, 0xfff); });
    live_handler(
        handlers, *this, "vlan_pcp", "VLAN_PCP", [this] { return std::to_string(tci_ >> 13); },
        [this](std::string_view text) { return set_part("VLAN_PCP", text, 13, 7); });
    live_handler(
        handlers, *this, "native_vlan", "NATIVE_VLAN", [this] { return std::to_string(native_); },
        [this](std::string_view text) { return set_native(text); });
    live_handler(
        handlers, *this, "ethertype", "ETHERTYPE", [this] { return type_text(); },
        [this](std::string_view text) { return set_number("ETHERTYPE", text, type_, 0, 0xffff); });
  }

  void process(Batch& batch) override {
    Batch bad;
    filter_batch(batch, bad, [this](Packet& packet) { return encapsulate(packet); });
    bad.release();
  }

 private:
  bool encapsulate(Packet& packet) const {
    uint16_t tci = annotated_ ? packet.vlan_tci : tci_;
    if (packet.length < 14) return false;
    if ((tci & 0xfff) == native_) return true;
    if (!make_headroom(packet, 4)) return false;
    uint8_t* frame = packet.data();
    std::memmove(frame, frame + 4, 12);
    const uint8_t tag[4]{uint8_t(type_ >> 8), uint8_t(type_), uint8_t(tci >> 8), uint8_t(tci)};
    std::memcpy(frame + 12, tag, 4);
    packet.mac_header = packet.begin;
    return true;
  }

  static void add(Errors& errors, std::string problem) {
    if (!problem.empty()) errors.add(std::move(problem));
  }

  std::string set_tci(std::string_view text) {
    annotated_ = text == "ANNO";
    return annotated_ ? "" : set_number("VLAN_TCI", text, tci_, 0, 0xffff);
  }

  std::string set_part(const char* keyword, std::string_view text, int shift, uint32_t most) {
    uint32_t value = 0;
    std::string problem = set_number(keyword, text, value, 0, most);
    if (problem.empty()) tci_ = uint16_t((tci_ & ~(most << shift)) | value << shift);
    return problem;
  }

  std::string set_native(std::string_view text) {
    if (text == "-1") {
      native_ = -1;
      return "";
    }
    return set_number("NATIVE_VLAN", text, native_, 0, 0xfff);
  }

  std::string type_text() const {
    char text[8];
    std::snprintf(text, sizeof text, "0x%04x", type_);
    return text;
  }

  bool annotated_ = false;
  uint16_t tci_ = 0;
  int native_ = 0;
  uint32_t type_ = 0x8100;
};

}  // namespace clickup
