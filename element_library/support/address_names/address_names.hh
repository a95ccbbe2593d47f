// Names that stand for addresses in arguments: those of AddressInfo elements, and interfaces of this machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "driver/element.hh"

namespace clickup {

enum class AddressKind : uint8_t {
  ether,
  ip,            // an IPv4 address
  network,       // an IPv4 prefix
  ip_or_prefix,  // an IPv4 address if the name has one, else its prefix
  ip6,
  network6,
};

// The address that `word` names for `element`, as text; nullopt when it names none. A name may end in Click's suffixes:
// `:eth`, `:ip`, `:ipnet`, `:bcast`, `:gw`, `:ip6`, `:ip6net`. Asks the kernel, so only while configuring.
std::optional<std::string> named_address(const Element& element, std::string_view word, AddressKind kind);

// Each word of `text` that names an address replaced by it; other words stay.
std::string with_addresses(const Element& element, std::string_view text, AddressKind kind);

// What an AddressInfo defines.
class AddressBook : public Element {
 public:
  struct Entry {
    std::string name;
    AddressKind kind;
    std::string text;
  };

  const Entry* find(std::string_view name, AddressKind kind) const;

 protected:
  std::vector<Entry> entries_;
};

}  // namespace clickup
