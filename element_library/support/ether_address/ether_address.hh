// Ethernet addresses as text.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace clickup {

using EtherAddress = std::array<uint8_t, 6>;

// Six hexadecimal groups of one or two digits, separated by colons or by dashes. False when `text` is not that.
inline bool parse_ether_address(std::string_view text, EtherAddress& address) {
  char separator = text.find('-') == std::string_view::npos ? ':' : '-';
  for (size_t i = 0; i < 6; ++i) {
    std::string_view group = text.substr(0, text.find(separator));
    unsigned value = 0;
    auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), value, 16);
    if (group.empty() || group.size() > 2 || error != std::errc() || end != group.data() + group.size()) return false;
    address[i] = uint8_t(value);
    if ((i == 5) != (group.size() == text.size())) return false;
    if (i < 5) text.remove_prefix(group.size() + 1);
  }
  return true;
}

inline std::string ether_address_text(const EtherAddress& a) {
  char text[18];
  std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5]);
  return text;
}

}  // namespace clickup
