// DecIP6HLIM: takes one from the hop limit of IPv6 packets.
//
// Ports: 1 input, agnostic; output 0, agnostic; optional output 1, push, for packets that have no hop left, as they
// came (else dropped). The IP header must be marked. Handlers: drops (r), packets without a hop left so far, continuing
// in the next worker.
#pragma once

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ip_packet/ip_packet.hh"
#include "support/kept_counter/kept_counter.hh"

namespace clickup {

class DecIP6HLIM : public Element {
 public:
  void initialize(Host& host, Errors& errors) override { drops_.open(*this, "drops", host, errors); }
  void add_handlers(HandlerTable& handlers) override {
    handlers.read("drops", [this] { return drops_.text(); });
  }

  void process(Batch& batch) override {
    Batch expired;
    filter_batch(batch, expired, [](Packet& packet) {
      uint8_t* ip = ip6_header(packet);
      if (!ip || ip[7] <= 1) return false;
      --ip[7];
      return true;
    });
    if (expired.empty()) return;
    drops_.add(expired);
    push_or_release(1, expired);
  }

 private:
  KeptCounter drops_;
};

}  // namespace clickup
