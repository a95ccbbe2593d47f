// The Internet checksum (RFC 1071).
#pragma once

#include <cstdint>
#include <cstring>

namespace clickup {

// One's complement sum of 16-bit words, folded, in the byte order of the data. An odd last byte counts as padded by 0.
inline uint16_t internet_sum(const uint8_t* data, uint32_t length) {
  uint64_t sum = 0;
  for (; length >= 4; data += 4, length -= 4) {
    uint32_t word;
    std::memcpy(&word, data, 4);
    sum += word;
  }
  uint32_t rest = 0;
  std::memcpy(&rest, data, length);
  sum += rest;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return uint16_t(sum);
}

// True when a header that includes its checksum adds up.
inline bool internet_checksum_ok(const uint8_t* data, uint32_t length) { return internet_sum(data, length) == 0xffff; }

}  // namespace clickup
