// SetIPECN(ECN): sets the congestion notification field of IPv4 and IPv6 packets (RFC 3168).
//
// Ports: 1 input, 1 output, agnostic. ECN is no, ect1, ect2 or ce, or 0 to 3. The IP header must be marked; the IPv4
// checksum is corrected. Click's class knows IPv4 only.
// Handlers: ecn (rw).
#pragma once

#include <array>

#include "driver/element.hh"
#include "support/live_handlers/live_handlers.hh"
#include "support/traffic_class/traffic_class.hh"

namespace clickup {

class SetIPECN : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string text;
    arguments.positional("ECN", text).finish(errors);
    if (!errors.empty()) return;
    if (std::string problem = set(text); !problem.empty()) errors.add(problem);
  }

  void add_handlers(HandlerTable& handlers) override {
    live_handler(
        handlers, *this, "ecn", "ECN", [this] { return std::string(kNames[ecn_]); },
        [this](std::string_view value) { return set(value); });
  }

  void process(Batch& batch) override {
    for (Packet* packet : batch) set_traffic_class(*packet, 3, ecn_);
  }

 private:
  static constexpr std::array<std::string_view, 4> kNames = {"no", "ect1", "ect2", "ce"};
  static constexpr std::array<std::string_view, 4> kOtherNames = {"-", "ECT(1)", "ECT(0)", "CE"};

  std::string set(std::string_view text) {
    for (uint8_t value = 0; value < kNames.size(); ++value) {
      if (text != kNames[value] && text != kOtherNames[value] && text != std::to_string(value)) continue;
      ecn_ = value;
      return "";
    }
    return "ECN is no, ect1, ect2 or ce, not '" + std::string(text) + "'";
  }

  uint8_t ecn_ = 0;
};

}  // namespace clickup
