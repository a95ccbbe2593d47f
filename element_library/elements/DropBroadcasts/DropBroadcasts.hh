// DropBroadcasts: drops packets that came as a link-level broadcast or multicast (RFC 1812 section 5.3.4).
//
// Ports: 1 input, agnostic; output 0, agnostic; optional output 1, push, for the packets it would drop. Looks at the
// Ethernet header whose position FromDevice, HostEtherFilter and others set; packets without one pass.
// Handlers: drops (r), such packets so far, continuing in the next worker.
#pragma once

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/kept_counter/kept_counter.hh"

namespace clickup {

class DropBroadcasts : public Element {
 public:
  void initialize(Host& host, Errors& errors) override { drops_.open(*this, "drops", host, errors); }
  void add_handlers(HandlerTable& handlers) override {
    handlers.read("drops", [this] { return drops_.text(); });
  }

  void process(Batch& batch) override {
    Batch groups;
    filter_batch(batch, groups, [](const Packet& packet) {
      return packet.mac_header == Packet::kNoHeader || (packet.buffer[packet.mac_header] & 1) == 0;
    });
    if (groups.empty()) return;
    drops_.add(groups);
    push_or_release(1, groups);
  }

 private:
  KeptCounter drops_;
};

}  // namespace clickup
