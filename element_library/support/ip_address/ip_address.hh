// IP addresses of either version as 16 bytes in network order, IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2), and prefixes.
#pragma once

#include <arpa/inet.h>

#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace clickup {

// Two words: reading them right after writing is fast, unlike after writing byte by byte (store forwarding).
struct IpAddress {
  uint64_t words[2];  // in memory as on the wire

  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(words); }
  uint8_t* data() { return reinterpret_cast<uint8_t*>(words); }

  bool operator==(const IpAddress&) const = default;
  // By the bytes, from the first to the last.
  bool operator<(const IpAddress& other) const {
    return words[0] != other.words[0] ? number(words[0]) < number(other.words[0])
                                      : number(words[1]) < number(other.words[1]);
  }

 private:
  static uint64_t number(uint64_t word) {
    return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
  }
};

struct IpPrefix {
  IpAddress address{};  // with the bits behind the prefix, as written
  uint8_t length = 0;   // bits of the 16 bytes: an IPv4 /24 has 120
};

inline bool is_ip4(const uint8_t* address) {
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::memcmp(address, kMapped, sizeof kMapped) == 0;
}

inline IpAddress ip4_address(const uint8_t* four) {
  constexpr auto kPrefix = std::bit_cast<uint32_t>(std::array<uint8_t, 4>{0, 0, 0xff, 0xff});
  uint32_t last;
  std::memcpy(&last, four, sizeof last);
  return {{0, std::bit_cast<uint64_t>(std::array{kPrefix, last})}};
}
inline IpAddress ip6_address(const uint8_t* sixteen) {
  IpAddress read;
  std::memcpy(read.words, sixteen, sizeof read.words);
  return read;
}
inline bool is_unset(const IpAddress& address) { return (address.words[0] | address.words[1]) == 0; }

// Clears the bits behind the first `length`.
inline void mask_address(uint8_t* address, uint32_t length) {
  if (length >= 128) return;
  address[length / 8] &= uint8_t(0xff00 >> (length % 8));
  std::memset(address + length / 8 + 1, 0, 15 - length / 8);
}

inline bool contains(const IpPrefix& prefix, const uint8_t* address) {
  uint32_t bytes = prefix.length / 8, rest = prefix.length % 8;
  if (std::memcmp(prefix.address.data(), address, bytes) != 0) return false;
  return rest == 0 || (prefix.address.data()[bytes] ^ address[bytes]) >> (8 - rest) == 0;
}

// False when `text` is no address; IPv4-mapped IPv6 addresses are refused.
inline bool parse_ip_address(std::string_view text, IpAddress& address) {
  std::string ended(text);
  uint8_t four[4];
  if (inet_pton(AF_INET, ended.c_str(), four) == 1) {
    address = ip4_address(four);
    return true;
  }
  return inet_pton(AF_INET6, ended.c_str(), address.data()) == 1 && !is_ip4(address.data());
}

// `10.0.0.1/24`, `2001:db8::1/64`; without a length the address alone.
inline bool parse_ip_prefix(std::string_view text, IpPrefix& prefix) {
  size_t slash = text.find('/');
  if (!parse_ip_address(text.substr(0, slash), prefix.address)) return false;
  uint32_t most = is_ip4(prefix.address.data()) ? 32 : 128, length = most;
  if (slash != std::string_view::npos) {
    std::string_view number = text.substr(slash + 1);
    auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), length);
    if (error != std::errc() || end != number.data() + number.size() || length > most) return false;
  }
  prefix.length = uint8_t(128 - most + length);
  return true;
}

inline std::string ip_address_text(const uint8_t* address) {
  char text[INET6_ADDRSTRLEN];
  bool four = is_ip4(address);
  inet_ntop(four ? AF_INET : AF_INET6, four ? address + 12 : address, text, sizeof text);
  return text;
}

}  // namespace clickup
