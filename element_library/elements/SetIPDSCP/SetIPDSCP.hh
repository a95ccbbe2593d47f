// SetIPDSCP(DSCP): sets the differentiated services code point of IPv4 and IPv6 packets (RFC 2474).
//
// Ports: 1 input, 1 output, agnostic. DSCP is 0 to 63. The IP header must be marked; the IPv4 checksum is corrected.
// Click's class knows IPv4 only.
// Handlers: dscp (rw).
#pragma once

#include "driver/element.hh"
#include "support/live_handlers/live_handlers.hh"
#include "support/traffic_class/traffic_class.hh"

namespace clickup {

class SetIPDSCP : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string text;
    arguments.positional("DSCP", text).finish(errors);
    if (!errors.empty()) return;
    if (std::string problem = set_number("DSCP", text, dscp_, 0, 63); !problem.empty()) errors.add(problem);
  }

  void add_handlers(HandlerTable& handlers) override { live_number(handlers, *this, "dscp", "DSCP", dscp_, 0, 63); }

  void process(Batch& batch) override {
    for (Packet* packet : batch) set_traffic_class(*packet, 0xfc, uint8_t(dscp_ << 2));
  }

 private:
  uint32_t dscp_ = 0;
};

}  // namespace clickup
