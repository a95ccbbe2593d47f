// EtherEncap(ETHERTYPE, SRC, DST): prepends an Ethernet header.
//
// Ports: 1 input, 1 output, agnostic. ETHERTYPE is a number such as 0x0800. Sets the MAC header position. Packets that
// would not fit into their buffer are dropped.
// Handlers: ethertype, src, dst (rw).
#pragma once

#include <cstring>

#include "driver/element.hh"
#include "support/address_names/address_names.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ether_address/ether_address.hh"
#include "support/headroom/headroom.hh"

namespace clickup {

class EtherEncap : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string type, source, destination;
    arguments.positional("ETHERTYPE", type).positional("SRC", source).positional("DST", destination).finish(errors);
    if (!errors.empty()) return;
    for (const std::string& problem :
         {set_type(type), set_address(with_addresses(*this, source, AddressKind::ether), 6),
          set_address(with_addresses(*this, destination, AddressKind::ether), 0)}) {
      if (!problem.empty()) errors.add(problem);
    }
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("ethertype", [this] { return type_text(); });
    handlers.write("ethertype", [this](std::string_view value) { return live("ETHERTYPE", value, set_type(value)); });
    handlers.read("src", [this] { return address_text(6); });
    handlers.write("src", [this](std::string_view value) { return live("SRC", value, set_address(value, 6)); });
    handlers.read("dst", [this] { return address_text(0); });
    handlers.write("dst", [this](std::string_view value) { return live("DST", value, set_address(value, 0)); });
  }

  void process(Batch& batch) override {
    Batch too_long;
    filter_batch(batch, too_long, [this](Packet& packet) {
      if (!make_headroom(packet, sizeof header_)) return false;
      std::memcpy(packet.data(), header_, sizeof header_);
      packet.mac_header = packet.begin;
      return true;
    });
    too_long.release();
  }

 private:
  std::string set_type(std::string_view text) {
    uint64_t type = 0;
    bool good = parse_unsigned(text, type) && type <= 0xffff;
    if (!good) return "ETHERTYPE '" + std::string(text) + "': expected a number up to 0xffff, such as 0x0800";
    header_[12] = uint8_t(type >> 8);
    header_[13] = uint8_t(type);
    return "";
  }

  std::string set_address(std::string_view text, size_t at) {
    EtherAddress address;
    if (!parse_ether_address(text, address)) {
      return "'" + std::string(text) + "' is not an Ethernet address: expected six groups such as 02:00:00:00:00:01";
    }
    std::memcpy(header_ + at, address.data(), 6);
    return "";
  }

  std::string live(const char* keyword, std::string_view value, std::string problem) {
    if (problem.empty()) set_keyword(keyword, value);
    return problem;
  }

  std::string address_text(size_t at) const {
    EtherAddress address;
    std::memcpy(address.data(), header_ + at, 6);
    return ether_address_text(address);
  }

  std::string type_text() const {
    char text[8];
    std::snprintf(text, sizeof text, "0x%02x%02x", header_[12], header_[13]);
    return text;
  }

  uint8_t header_[14]{};
};

}  // namespace clickup
