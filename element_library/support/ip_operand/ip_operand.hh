// Values as people write them: addresses, prefixes, numbers and ranges.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace clickup {

// An IPv4 or IPv6 prefix; a plain address has full length. IPv4 values are in host byte order.
struct PrefixOperand {
  bool six = false;
  bool has_length = false;  // written with /LENGTH or /MASK
  uint32_t address = 0, mask = ~0u;
  std::array<uint8_t, 16> address6{}, mask6{};
};

struct NumberRange {
  uint32_t low = 0, high = 0;
};

// nullopt when `text` is not meant as an address. `error` is set for a malformed address.
std::optional<PrefixOperand> parse_prefix(std::string_view text, std::string& error);
std::optional<uint32_t> parse_ip4(std::string_view text);              // host byte order
std::optional<uint32_t> parse_number(std::string_view text);           // decimal or 0x
std::optional<NumberRange> parse_number_range(std::string_view text);  // N or N-M

}  // namespace clickup
