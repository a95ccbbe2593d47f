// IPEncap(PROTO, SRC, DST [, TTL, DSCP, ECT, CE, TOS, DF]): puts an IP header around packets.
//
// Ports: 1 input, 1 output, agnostic. Marks the header and sets the destination annotation. Packets that would not fit
// into their buffer are dropped. Click's class knows IPv4 only. Parameters: PROTO, a number or a name such as ipip, gre
// or udp; SRC and DST, both of IPv4 or of IPv6, DST may be DST_ANNO for the packet's destination annotation; TTL (250);
// DSCP 0 to 63 (0), ECT, true or 2 for the other code point (false), CE (false), or TOS, the whole byte (0); DF, sets
// Don't Fragment (false). Handlers: src, dst (rw).
#pragma once

#include "driver/element.hh"
#include "support/address_names/address_names.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ip_expression/ip_names.hh"
#include "support/live_handlers/live_handlers.hh"
#include "support/outer_header/outer_header.hh"

namespace clickup {

class IPEncap : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string protocol, source, destination, explicit_congestion = "false", type_of_service;
    uint32_t hops = 250, code_point = 0;
    bool experienced = false, dont_fragment = false;
    arguments.positional("PROTO", protocol).positional("SRC", source).positional("DST", destination);
    arguments.keyword("TTL", hops).keyword("DSCP", code_point).keyword("ECT", explicit_congestion);
    arguments.keyword("CE", experienced).keyword("TOS", type_of_service).keyword("DF", dont_fragment).finish(errors);
    if (!errors.empty()) return;
    uint32_t congestion = experienced ? 3 : congestion_bits(explicit_congestion, errors);
    uint32_t traffic_class = code_point << 2 | congestion;
    if (!type_of_service.empty()) {
      if (traffic_class != 0) errors.add("give TOS, or DSCP, ECT and CE");
      add(errors, set_number("TOS", type_of_service, traffic_class, 0, 255));
    }
    if (hops > 255 || code_point > 63) errors.add("TTL is at most 255 and DSCP at most 63");
    add(errors, set_protocol(protocol));
    add(errors, header_.set_ends(with_addresses(*this, source, AddressKind::ip),
                                 with_addresses(*this, destination, AddressKind::ip)));
    header_.set_hops(hops);
    header_.set_traffic_class(traffic_class);
    header_.set_dont_fragment(dont_fragment);
  }

  void initialize(Host& host, Errors& errors) override { header_.open(*this, host, errors); }
  void add_handlers(HandlerTable& handlers) override { header_.add_handlers(handlers, *this); }

  void process(Batch& batch) override {
    Batch too_long;
    filter_batch(batch, too_long, [this](Packet& packet) {
      IpPacket read;
      return header_.prepend(packet, read);
    });
    too_long.release();
  }

 private:
  static void add(Errors& errors, std::string problem) {
    if (!problem.empty()) errors.add(std::move(problem));
  }

  static uint32_t congestion_bits(const std::string& text, Errors& errors) {
    bool capable = false;
    if (text == "2") return 2;
    if (!parse_bool(text, capable)) errors.add("ECT is true, false or 2, not '" + text + "'");
    return capable ? 1 : 0;
  }

  std::string set_protocol(const std::string& text) {
    uint8_t number = 0;
    std::optional<uint32_t> named = text == "ip6" ? 41 : number_of(protocol_names(), text);
    std::string problem = named ? "" : set_number("PROTO", text, number, 0, 255);
    header_.set_protocol(named ? uint8_t(*named) : number);
    return problem;
  }

  OuterHeader header_;
};

}  // namespace clickup
