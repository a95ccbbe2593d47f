// Names of addresses in expressions on IP packets.
#pragma once

#include "support/address_names/address_names.hh"
#include "support/ip_expression/ip_tokens.hh"

namespace clickup {

inline IpAddressNames address_names(const Element& element) {
  return [&element](std::string_view word, bool ether) {
    return named_address(element, word, ether ? AddressKind::ether : AddressKind::ip_or_prefix).value_or("");
  };
}

}  // namespace clickup
