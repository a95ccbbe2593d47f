// The Internet checksum (RFC 1071).
#pragma once

#include <cstdint>
#include <cstring>

namespace clickup {

// A sum of 32-bit words, of at most 64 KiB, as a sum of 16-bit words. It comes to zero only when all words are zero.
inline uint16_t fold_internet_sum(uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return uint16_t((sum & 0xffff) + (sum >> 16));
}

inline uint32_t internet_word(const uint8_t* data) {
  uint32_t word;
  std::memcpy(&word, data, sizeof word);
  return word;
}

// One's complement sum of 16-bit words, folded, in the byte order of the data. An odd last byte counts as padded by 0.
inline uint16_t internet_sum(const uint8_t* data, uint32_t length) {
  uint64_t sum = 0;
  for (; length >= 4; data += 4, length -= 4) sum += internet_word(data);
  uint8_t rest[4]{};
  for (uint32_t i = 0; i < length; ++i) rest[i] = data[i];
  return fold_internet_sum(sum + internet_word(rest));
}

// True when bytes that include their checksum add up.
inline bool internet_checksum_ok(const uint8_t* data, uint32_t length) { return internet_sum(data, length) == 0xffff; }

// True when an IPv4 header, checksum included, adds up. Nearly all have 20 bytes.
inline bool ip4_checksum_ok(const uint8_t* header, uint32_t length) {
  uint64_t sum = uint64_t(internet_word(header)) + internet_word(header + 4) + internet_word(header + 8);
  sum += uint64_t(internet_word(header + 12)) + internet_word(header + 16);
  for (uint32_t at = 20; at < length; at += 4) sum += internet_word(header + at);
  return fold_internet_sum(sum) == 0xffff;
}

// Corrects the checksum field at `checksum` for a 16-bit word that changed, both as they lie in memory (RFC 1624).
inline void adjust_checksum(uint8_t* checksum, uint16_t before, uint16_t after) {
  uint16_t old;
  std::memcpy(&old, checksum, 2);
  uint32_t sum = uint32_t(uint16_t(~old)) + uint16_t(~before) + after;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  uint16_t adjusted = uint16_t(~sum);
  std::memcpy(checksum, &adjusted, 2);
}

// Writes the 16-bit word at `field`, which `checksum` covers.
inline void replace_word(uint8_t* field, uint16_t value, uint8_t* checksum) {
  uint16_t before;
  std::memcpy(&before, field, 2);
  std::memcpy(field, &value, 2);
  adjust_checksum(checksum, before, value);
}

}  // namespace clickup
