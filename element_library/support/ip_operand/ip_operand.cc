#include "support/ip_operand/ip_operand.hh"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "driver/arguments.hh"

namespace clickup {
namespace {

std::array<uint8_t, 16> mask_of_length(uint32_t bits) {
  std::array<uint8_t, 16> mask{};
  for (uint32_t i = 0; i < bits; ++i) mask[i / 8] |= uint8_t(0x80 >> i % 8);
  return mask;
}

std::optional<uint32_t> parse_decimal(std::string_view text) {
  uint32_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool set_length(PrefixOperand& prefix, std::string_view text, std::string& error) {
  prefix.has_length = true;
  std::optional<uint32_t> bits = parse_decimal(text);
  uint32_t limit = prefix.six ? 128 : 32;
  if (bits && *bits <= limit) {
    prefix.mask = *bits == 0 || prefix.six ? 0 : ~0u << (32 - *bits);
    prefix.mask6 = mask_of_length(*bits);
    return true;
  }
  std::optional<uint32_t> mask = prefix.six ? std::nullopt : parse_ip4(text);
  if (mask) prefix.mask = *mask;
  if (!mask) {
    error = "prefix length '" + std::string(text) + "' is not one: expected 0 to " + std::to_string(limit) +
            (prefix.six ? "" : " or a mask such as 255.255.255.0");
  }
  return mask.has_value();
}

// `10` of `10/8`: one to four bytes, the others zero.
std::optional<uint32_t> parse_short_ip4(std::string_view text) {
  std::string whole(text);
  for (auto dots = std::count(whole.begin(), whole.end(), '.'); dots < 3; ++dots) whole += ".0";
  return parse_ip4(whole);
}

}  // namespace

std::optional<uint32_t> parse_ip4(std::string_view text) {
  in_addr address{};
  if (inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

std::optional<PrefixOperand> parse_prefix(std::string_view text, std::string& error) {
  size_t slash = text.find('/');
  std::string_view host = text.substr(0, slash);
  PrefixOperand prefix;
  prefix.mask6 = mask_of_length(128);
  if (std::optional<uint32_t> address = slash == std::string_view::npos ? parse_ip4(host) : parse_short_ip4(host)) {
    prefix.address = *address;
  } else if (inet_pton(AF_INET6, std::string(host).c_str(), prefix.address6.data()) == 1) {
    prefix.six = true;
  } else {
    bool digits = host.find_first_not_of("0123456789.") == std::string_view::npos;
    bool meant = slash != std::string_view::npos || (digits && host.find('.') != std::string_view::npos) ||
                 host.find(':') != std::string_view::npos;
    if (meant) error = "'" + std::string(host) + "' is not an IPv4 or IPv6 address";
    return std::nullopt;
  }
  if (slash != std::string_view::npos && !set_length(prefix, text.substr(slash + 1), error)) return std::nullopt;
  prefix.address &= prefix.mask;
  for (size_t i = 0; i < 16; ++i) prefix.address6[i] &= prefix.mask6[i];
  return prefix;
}

std::optional<uint32_t> parse_number(std::string_view text) {
  uint64_t value = 0;
  if (text.empty() || text[0] < '0' || text[0] > '9' || !parse_unsigned(text, value) || value > UINT32_MAX) {
    return std::nullopt;
  }
  return uint32_t(value);
}

std::optional<NumberRange> parse_number_range(std::string_view text) {
  size_t dash = text.find('-');
  std::optional<uint32_t> low = parse_number(text.substr(0, dash));
  std::optional<uint32_t> high = dash == std::string_view::npos ? low : parse_number(text.substr(dash + 1));
  if (!low || !high) return std::nullopt;
  return NumberRange{*low, *high};
}

}  // namespace clickup
