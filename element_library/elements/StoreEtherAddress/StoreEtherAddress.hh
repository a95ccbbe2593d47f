// StoreEtherAddress(ADDR, OFFSET): writes an Ethernet address into packets.
//
// Ports: 1 input, agnostic; output 0, agnostic; optional output 1, push, for packets that end before the address (else
// dropped). OFFSET in bytes, or src or dst, where these are in an Ethernet header.
// Handlers: addr (rw).
#pragma once

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ether_address/live_ether_address.hh"

namespace clickup {

class StoreEtherAddress : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string address, place;
    arguments.positional("ADDR", address).positional("OFFSET", place).finish(errors);
    if (!errors.empty()) return;
    if (place == "src") place = "6";
    if (place == "dst") place = "0";
    for (const std::string& problem :
         {set_ether_address("ADDR", address, address_), set_number("OFFSET", place, offset_, 0, kMaxPacket)}) {
      if (!problem.empty()) errors.add(problem);
    }
  }

  void add_handlers(HandlerTable& handlers) override { live_ether_address(handlers, *this, "addr", "ADDR", address_); }

  void process(Batch& batch) override {
    Batch short_ones;
    filter_batch(batch, short_ones, [this](Packet& packet) {
      if (packet.length < offset_ + 6) return false;
      std::memcpy(packet.data() + offset_, address_, sizeof address_);
      return true;
    });
    if (!short_ones.empty()) push_or_release(1, short_ones);
  }

 private:
  uint8_t address_[6]{};
  uint32_t offset_ = 0;
};

}  // namespace clickup
