// How far packets from or to an address may go (RFC 6890, RFC 4291 section 2, RFC 3927, RFC 1122 section 3.2.1.3).
#pragma once

#include "support/ip_address/ip_address.hh"

namespace clickup {

enum class AddressScope : uint8_t { global, link_local, multicast, broadcast, none };  // none: no host on a link has it

// `address` in host byte order. Private and documentation prefixes are global here: routers between them are
// legitimate.
inline AddressScope ip4_scope(uint32_t address) {
  uint32_t first = address >> 24;
  if (first >= 240) return address == ~0u ? AddressScope::broadcast : AddressScope::none;
  if (first >= 224) return AddressScope::multicast;
  if (first == 0 || first == 127) return AddressScope::none;
  return address >> 16 == 0xa9fe ? AddressScope::link_local : AddressScope::global;
}

// `address` in network byte order.
inline AddressScope ip6_scope(const uint8_t* address) {
  if (address[0] == 0xff) return AddressScope::multicast;
  if (address[0] == 0xfe) return (address[1] & 0xc0) == 0x80 ? AddressScope::link_local : AddressScope::global;
  if (address[0] != 0) return AddressScope::global;
  static constexpr uint8_t kZeros[15]{};
  bool unset_or_loopback = std::memcmp(address, kZeros, sizeof kZeros) == 0 && address[15] <= 1;
  return unset_or_loopback || is_ip4(address) ? AddressScope::none : AddressScope::global;
}

}  // namespace clickup
