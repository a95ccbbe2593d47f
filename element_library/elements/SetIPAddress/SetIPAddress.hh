// SetIPAddress(ADDR): sets the destination annotation, which is where routing and address resolution look.
//
// Ports: 1 input, 1 output, agnostic. ADDR is an IPv4 or IPv6 address; Click's class knows IPv4 only.
// Handlers: addr (rw).
#pragma once

#include <arpa/inet.h>

#include <cstring>

#include "driver/element.hh"
#include "support/live_handlers/live_handlers.hh"

namespace clickup {

class SetIPAddress : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string text;
    arguments.positional("ADDR", text).finish(errors);
    if (!errors.empty()) return;
    if (std::string problem = set(text); !problem.empty()) errors.add(problem);
  }

  void add_handlers(HandlerTable& handlers) override {
    live_handler(
        handlers, *this, "addr", "ADDR", [this] { return text(); },
        [this](std::string_view value) { return set(value); });
  }

  void process(Batch& batch) override {
    for (Packet* packet : batch) std::memcpy(packet->destination_ip6, address_, six_ ? 16 : 4);
  }

 private:
  std::string set(std::string_view text) {
    std::string word(text);
    uint8_t address[16]{};
    bool six = word.find(':') != std::string::npos;
    if (inet_pton(six ? AF_INET6 : AF_INET, word.c_str(), address) != 1) {
      return "ADDR '" + word + "' is not an IPv4 or IPv6 address";
    }
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
};

}  // namespace clickup
