// SetIPAddress(IPADDR, [ANNO]): sets the destination annotation, which is where routing and address resolution look.
//
// Ports: 1 input, 1 output, agnostic. IPADDR is an IPv4 or IPv6 address, or a name of one; Click's class
// knows IPv4 only. ANNO is another annotation of four bytes, for IPv4 only (DST_IP).
// Handlers: addr (rw).
#pragma once

#include <arpa/inet.h>

#include <cstring>

#include "driver/element.hh"
#include "support/address_names/address_names.hh"
#include "support/annotation/annotation.hh"
#include "support/live_handlers/live_handlers.hh"

namespace clickup {

class SetIPAddress : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string text, annotation;
    arguments.positional("IPADDR", text).keyword("ANNO", annotation).finish(errors);
    std::string problem = annotation.empty() ? "" : read_annotation(annotation, 4, place_);
    if (problem.empty() && errors.empty()) problem = set(with_addresses(*this, text, AddressKind::ip));
    if (!problem.empty()) errors.add(problem);
  }

  void add_handlers(HandlerTable& handlers) override {
    live_handler(
        handlers, *this, "addr", "IPADDR", [this] { return text(); },
        [this](std::string_view value) { return set(value); });
  }

  void process(Batch& batch) override {
    for (Packet* packet : batch) std::memcpy(packet->annotation(place_), address_, six_ ? 16 : 4);
  }

 private:
  std::string set(std::string_view text) {
    std::string word(text);
    uint8_t address[16]{};
    bool six = word.find(':') != std::string::npos;
    if (inet_pton(six ? AF_INET6 : AF_INET, word.c_str(), address) != 1) {
      return "IPADDR '" + word + "' is not an IPv4 or IPv6 address";
    }
    if (six && place_ != 0) return "ANNO: an IPv6 address goes to the destination annotation only";
    std::memcpy(address_, address, sizeof address_);
    six_ = six;
    return "";
  }

  std::string text() const {
    char text[INET6_ADDRSTRLEN];
    return inet_ntop(six_ ? AF_INET6 : AF_INET, address_, text, sizeof text);
  }

  uint8_t address_[16]{};
  bool six_ = false;
  uint32_t place_ = 0;
};

}  // namespace clickup
