// DecIPTTL([ACTIVE, MULTICAST]): takes one from the time to live of IPv4 packets and the hop limit of IPv6 packets.
//
// Ports: 1 input, agnostic; output 0, agnostic; optional output 1, push, for packets that have no hop left, as they
// came (else dropped). The IP header must be marked; the IPv4 checksum is corrected (RFC 1812 section 5.3.1, RFC 1624).
// Click's class knows IPv4 only. Parameters: ACTIVE, false lets packets pass as they are (true); MULTICAST, false
// spares multicast packets (true). Handlers: drops (r), packets without a hop left so far, continuing in the next
// worker; active (rw).
#pragma once

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ip_packet/ip_packet.hh"
#include "support/kept_counter/kept_counter.hh"
#include "support/live_handlers/live_handlers.hh"

namespace clickup {

class DecIPTTL : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.keyword("ACTIVE", active_).keyword("MULTICAST", multicast_).finish(errors);
  }
  void initialize(Host& host, Errors& errors) override { drops_.open(*this, "drops", host, errors); }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("drops", [this] { return drops_.text(); });
    live_flag(handlers, *this, "active", "ACTIVE", active_);
  }

  void process(Batch& batch) override {
    if (!active_) return;
    Batch expired;
    filter_batch(batch, expired, [this](Packet& packet) { return take_hop(packet); });
    if (expired.empty()) return;
    drops_.add(expired);
    push_or_release(1, expired);
  }

 private:
  bool take_hop(Packet& packet) const {
    if (uint8_t* ip = ip4_header(packet)) {
      if (!multicast_ && ip[16] >> 4 == 14) return true;
      if (ip[8] <= 1) return false;
      uint16_t word;
      std::memcpy(&word, ip + 8, 2);
      --ip[8];
      uint16_t now;
      std::memcpy(&now, ip + 8, 2);
      adjust_checksum(ip + 10, word, now);
      return true;
    }
    uint8_t* ip = ip6_header(packet);
    if (ip && !multicast_ && ip[24] == 0xff) return true;
    if (!ip || ip[7] <= 1) return false;
    --ip[7];
    return true;
  }

  bool active_ = true, multicast_ = true;
  KeptCounter drops_;
};

}  // namespace clickup
