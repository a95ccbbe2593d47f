// Ethernet addresses as arguments and as parameters that change while packets flow.
#pragma once

#include <cstring>

#include "support/ether_address/ether_address.hh"
#include "support/live_handlers/live_handlers.hh"

namespace clickup {

// Reads an address; writes its six bytes to `to`. Returns an error, empty on success.
inline std::string set_ether_address(const char* keyword, std::string_view text, uint8_t* to) {
  EtherAddress address;
  if (!parse_ether_address(text, address)) {
    return std::string(keyword) + ": '" + std::string(text) +
           "' is not an Ethernet address: expected six groups such as 02:00:00:00:00:01";
  }
  std::memcpy(to, address.data(), address.size());
  return "";
}

inline void live_ether_address(HandlerTable& handlers, Element& element, const char* name, const char* keyword,
                               uint8_t* at) {
  live_handler(
      handlers, element, name, keyword,
      [at] {
        EtherAddress address;
        std::memcpy(address.data(), at, address.size());
        return ether_address_text(address);
      },
      [keyword, at](std::string_view text) { return set_ether_address(keyword, text, at); });
}

}  // namespace clickup
