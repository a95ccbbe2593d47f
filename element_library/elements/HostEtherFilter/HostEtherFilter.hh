// HostEtherFilter(ETHER [, DROP_OWN, DROP_OTHER, OFFSET]): lets frames through that a host with this address would
// take.
//
// Ports: 1 input, agnostic; output 0, agnostic; optional output 1, push, for the frames it would drop. Broadcasts and
// multicasts pass. Sets the MAC header position.
// Parameters: ETHER; DROP_OWN, drops frames that come from ETHER (false); DROP_OTHER, drops frames to other hosts
// (true); OFFSET of the Ethernet header in bytes (0). Frames that end within their header are dropped. Handlers: ether
// (rw).
#pragma once

#include "driver/element.hh"
#include "support/address_names/address_names.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ether_address/live_ether_address.hh"

namespace clickup {

class HostEtherFilter : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string address;
    arguments.positional("ETHER", address).positional("DROP_OWN", drop_own_, false);
    arguments.positional("DROP_OTHER", drop_other_, false).keyword("OFFSET", offset_).finish(errors);
    if (offset_ > kMaxPacket) errors.add("OFFSET is at most " + std::to_string(kMaxPacket) + " bytes");
    if (!errors.empty()) return;
    if (std::string problem = set_ether_address("ETHER", with_addresses(*this, address, AddressKind::ether), address_);
        !problem.empty())
      errors.add(problem);
  }

  void add_handlers(HandlerTable& handlers) override {
    live_ether_address(handlers, *this, "ether", "ETHER", address_);
  }

  void process(Batch& batch) override {
    Batch others;
    filter_batch(batch, others, [this](Packet& packet) { return takes(packet); });
    if (!others.empty()) push_or_release(1, others);
  }

 private:
  bool takes(Packet& packet) const {
    if (packet.length < offset_ + 14) return false;
    const uint8_t* frame = packet.data() + offset_;
    packet.mac_header = packet.begin + offset_;
    if (drop_own_ && std::memcmp(frame + 6, address_, 6) == 0) return false;
    bool group = frame[0] & 1;
    return !drop_other_ || group || std::memcmp(frame, address_, 6) == 0;
  }

  uint8_t address_[6]{};
  bool drop_own_ = false, drop_other_ = true;
  uint32_t offset_ = 0;
};

}  // namespace clickup
