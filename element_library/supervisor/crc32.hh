// CRC-32 as in zlib, gzip and PNG (reflected polynomial 0xedb88320), eight bytes a step ("slicing by 8").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace clickup {

namespace crc32_detail {

using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = rest & 1 ? rest >> 1 ^ 0xedb88320u : rest >> 1;
    tables[0][byte] = rest;
  }
  for (size_t step = 1; step < 8; ++step)
    for (size_t byte = 0; byte < 256; ++byte)
      tables[step][byte] = tables[step - 1][byte] >> 8 ^ tables[0][tables[step - 1][byte] & 255];
  return tables;
}
inline constexpr Tables kTables = make_tables();

inline uint32_t look_up(uint32_t word, size_t step) {
  return kTables[step + 3][word & 255] ^ kTables[step + 2][word >> 8 & 255] ^ kTables[step + 1][word >> 16 & 255] ^
         kTables[step][word >> 24];
}

}  // namespace crc32_detail

// The CRC of `size` bytes that follow those of which `before` is the CRC.
inline uint32_t crc32(const void* data, size_t size, uint32_t before = 0) {
  using namespace crc32_detail;
  const auto* at = static_cast<const uint8_t*>(data);
  uint32_t rest = ~before;
  for (; size >= 8; at += 8, size -= 8) {
    uint32_t words[2];
    std::memcpy(words, at, 8);
    rest = look_up(words[0] ^ rest, 4) ^ look_up(words[1], 0);
  }
  for (; size > 0; ++at, --size) rest = rest >> 8 ^ kTables[0][(rest ^ *at) & 255];
  return ~rest;
}

}  // namespace clickup
