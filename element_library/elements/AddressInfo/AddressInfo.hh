// AddressInfo(NAME ADDRESS ..., ...): names for addresses, which other elements take instead of them.
//
// No ports. A name may stand for an Ethernet, an IPv4 and an IPv6 address and a prefix of either: `outside 192.0.2.1/24
// 02:00:00:00:00:01`. It holds in the compound element that declares it, and in those within.
#pragma once

#include <sstream>

#include "support/address_names/address_names.hh"
#include "support/ether_address/ether_address.hh"
#include "support/ip_address/ip_address.hh"

namespace clickup {

class AddressInfo : public AddressBook {
 public:
  int configure_phase() const override { return 10; }  // before the elements that use the names

  void configure(Arguments& arguments, Errors& errors) override {
    for (const std::string& argument : arguments.rest()) {
      std::istringstream words(argument);
      std::string name, word;
      if (!(words >> name)) continue;
      if (!(words >> word)) errors.add("'" + argument + "': expected a name and its addresses");
      for (; words; words >> word) {
        if (!define_literal(name, word) && !define_named(name, word))
          errors.add("'" + word + "' is not an address that this class knows");
      }
    }
  }

 private:
  // By another name, or by the interface of that name.
  bool define_named(const std::string& name, const std::string& word) {
    bool known = false;
    for (AddressKind kind : {AddressKind::ether, AddressKind::ip, AddressKind::network}) {
      std::optional<std::string> address = named_address(*this, word, kind);
      if (!address) continue;
      known = true;
      entries_.push_back({name, kind, *address});
    }
    return known;
  }

  bool define_literal(const std::string& name, const std::string& word) {
    EtherAddress ether;
    if (parse_ether_address(word, ether)) {
      entries_.push_back({name, AddressKind::ether, word});
      return true;
    }
    IpPrefix prefix;
    if (!parse_ip_prefix(word, prefix)) return false;
    bool four = is_ip4(prefix.address.data()), whole = word.find('/') == std::string::npos;
    if (!whole) entries_.push_back({name, four ? AddressKind::network : AddressKind::network6, word});
    if (whole || has_host_bits(prefix))
      entries_.push_back({name, four ? AddressKind::ip : AddressKind::ip6, word.substr(0, word.find('/'))});
    return true;
  }

  static bool has_host_bits(const IpPrefix& prefix) {
    IpAddress masked = prefix.address;
    mask_address(masked.data(), prefix.length);
    return masked != prefix.address;
  }
};

}  // namespace clickup
