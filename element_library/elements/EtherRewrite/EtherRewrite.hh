// EtherRewrite(SRC, DST): writes both addresses of the Ethernet header.
//
// Ports: 1 input, 1 output, agnostic. Packets too short for a header are dropped.
// Handlers: src, dst (rw).
#pragma once

#include "driver/element.hh"
#include "support/address_names/address_names.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ether_address/live_ether_address.hh"

namespace clickup {

class EtherRewrite : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string source, destination;
    arguments.positional("SRC", source).positional("DST", destination).finish(errors);
    if (!errors.empty()) return;
    source = with_addresses(*this, source, AddressKind::ether);
    destination = with_addresses(*this, destination, AddressKind::ether);
    for (const std::string& problem :
         {set_ether_address("SRC", source, addresses_ + 6), set_ether_address("DST", destination, addresses_)}) {
      if (!problem.empty()) errors.add(problem);
    }
  }

  void add_handlers(HandlerTable& handlers) override {
    live_ether_address(handlers, *this, "src", "SRC", addresses_ + 6);
    live_ether_address(handlers, *this, "dst", "DST", addresses_);
  }

  void process(Batch& batch) override {
    Batch short_ones;
    filter_batch(batch, short_ones, [this](Packet& packet) {
      if (packet.length < 14) return false;
      std::memcpy(packet.data(), addresses_, sizeof addresses_);
      return true;
    });
    short_ones.release();
  }

 private:
  uint8_t addresses_[12]{};  // destination first, as on the wire
};

}  // namespace clickup
