// SetIPChecksum: computes the header checksum of IPv4 packets anew. IPv6 has none.
//
// Ports: 1 input, 1 output, agnostic. The IP header must be marked; IPv4 packets that end within their header are
// dropped. Handlers: drops (r), packets dropped so far, continuing in the next worker.
#pragma once

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ip_packet/ip_packet.hh"
#include "support/kept_counter/kept_counter.hh"

namespace clickup {

class SetIPChecksum : public Element {
 public:
  void initialize(Host& host, Errors& errors) override { drops_.open(*this, "drops", host, errors); }
  void add_handlers(HandlerTable& handlers) override {
    handlers.read("drops", [this] { return drops_.text(); });
  }

  void process(Batch& batch) override {
    Batch bad;
    filter_batch(batch, bad, [](Packet& packet) {
      uint8_t* ip = ip4_header(packet);
      if (!ip) return ip6_header(packet) != nullptr;
      uint32_t header = (ip[0] & 15u) * 4;
      if (header < 20 || header > packet.network_length()) return false;
      set_ip4_checksum(ip);
      return true;
    });
    drops_.add(bad);
    bad.release();
  }

 private:
  KeptCounter drops_;
};

}  // namespace clickup
