// StoreEtherAddress(ADDR, OFFSET) or (OFFSET, ANNO bytes): writes an Ethernet address into packets.
//
// Ports: 1 input, agnostic; output 0, agnostic; optional output 1, push, for packets that end before the address (else
// dropped). OFFSET in bytes, or src or dst, where these are in an Ethernet header. ANNO: the address is in six bytes of
// the packet's annotations. Handlers: addr (rw).
#pragma once

#include <cctype>

#include "driver/element.hh"
#include "support/address_names/address_names.hh"
#include "support/annotation/annotation.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ether_address/live_ether_address.hh"

namespace clickup {

class StoreEtherAddress : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string address, place, annotation;
    arguments.keyword("ANNO", annotation);
    annotated_ = !annotation.empty();
    if (annotated_) arguments.keyword("ADDR", address);
    else arguments.positional("ADDR", address);
    arguments.positional("OFFSET", place).finish(errors);
    if (annotated_ && !address.empty()) errors.add("give either ADDR or ANNO");
    if (!errors.empty()) return;
    for (char& c : place) c = char(std::tolower(static_cast<unsigned char>(c)));
    if (place == "src") place = "6";
    if (place == "dst") place = "0";
    std::string named = with_addresses(*this, address, AddressKind::ether);
    for (const std::string& problem :
         {annotated_ ? read_annotation(annotation, 6, annotation_) : set_ether_address("ADDR", named, address_),
          set_number("OFFSET", place, offset_, 0, kMaxPacket)}) {
      if (!problem.empty()) errors.add(problem);
    }
  }

  void add_handlers(HandlerTable& handlers) override { live_ether_address(handlers, *this, "addr", "ADDR", address_); }

  void process(Batch& batch) override {
    Batch short_ones;
    filter_batch(batch, short_ones, [this](Packet& packet) {
      if (packet.length < offset_ + 6) return false;
      const uint8_t* address = annotated_ ? packet.annotation(annotation_) : address_;
      std::memcpy(packet.data() + offset_, address, sizeof address_);
      return true;
    });
    if (!short_ones.empty()) push_or_release(1, short_ones);
  }

 private:
  uint8_t address_[6]{};
  uint32_t offset_ = 0, annotation_ = 0;
  bool annotated_ = false;
};

}  // namespace clickup
