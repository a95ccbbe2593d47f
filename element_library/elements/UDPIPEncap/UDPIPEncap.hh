// UDPIPEncap(SRC, SPORT, DST, DPORT [, CHECKSUM]): puts a UDP and an IP header around packets.
//
// Ports: 1 input, 1 output, agnostic. Marks the headers and sets the destination annotation. Packets that would not fit
// into their buffer are dropped. Click's class knows IPv4 only. Parameters: SRC and DST, both of IPv4 or of IPv6, DST
// may be DST_ANNO for the packet's destination annotation; SPORT, DPORT; CHECKSUM, whether it is computed, which IPv6
// demands (true). Handlers: src, sport, dst, dport (rw).
#pragma once

#include "driver/element.hh"
#include "support/address_names/address_names.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ip_expression/ip_names.hh"
#include "support/live_handlers/live_handlers.hh"
#include "support/udp_header/udp_header.hh"

namespace clickup {

class UDPIPEncap : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string source, destination, source_port, destination_port;
    arguments.positional("SRC", source).positional("SPORT", source_port).positional("DST", destination);
    arguments.positional("DPORT", destination_port).positional("CHECKSUM", checksum_, false).finish(errors);
    if (!errors.empty()) return;
    read_port("SPORT", source_port, source_port_, errors);
    read_port("DPORT", destination_port, destination_port_, errors);
    header_.set_protocol(kUdp);
    if (std::string problem = header_.set_ends(with_addresses(*this, source, AddressKind::ip),
                                               with_addresses(*this, destination, AddressKind::ip));
        !problem.empty())
      errors.add(problem);
  }

  void initialize(Host& host, Errors& errors) override { header_.open(*this, host, errors); }

  void add_handlers(HandlerTable& handlers) override {
    header_.add_handlers(handlers, *this);
    live_number(handlers, *this, "sport", "SPORT", source_port_, 0, 65535);
    live_number(handlers, *this, "dport", "DPORT", destination_port_, 0, 65535);
  }

  void process(Batch& batch) override {
    Batch too_long;
    filter_batch(batch, too_long, [this](Packet& packet) {
      return prepend_udp(packet, header_, uint16_t(source_port_), uint16_t(destination_port_), checksum_);
    });
    too_long.release();
  }

 private:
  static void read_port(const char* name, const std::string& text, uint32_t& port, Errors& errors) {
    std::optional<uint32_t> named = number_of(port_names(), text);
    std::string problem = named ? "" : set_number(name, text, port, 0, 65535);
    if (named) port = *named;
    if (!problem.empty()) errors.add(problem);
  }

  OuterHeader header_;
  uint32_t source_port_ = 0, destination_port_ = 0;
  bool checksum_ = true;
};

}  // namespace clickup
