// The hash of a state table's keys: the same in every build and on every machine of this byte order.
#pragma once

#include <cstdint>
#include <cstring>

namespace clickup {

inline uint64_t fold_multiply(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  Wide product = Wide(a) * b;
  return uint64_t(product) ^ uint64_t(product >> 64);
}

namespace state_hash_detail {
inline uint64_t word(const uint8_t* at, uint32_t left) {
  uint64_t word = 0;
  std::memcpy(&word, at, left < 8 ? left : 8);
  return word;
}
}  // namespace state_hash_detail

// Pairs of words are multiplied independently of each other, so that a processor works on all of them at once. The seed
// goes into both factors: without it no sender can choose colliding keys, nor one that makes a factor zero.
template <uint32_t size>
inline uint64_t hash_key(const void* key, uint64_t seed) {
  const auto* bytes = static_cast<const uint8_t*>(key);
  uint64_t turned = (seed << 32 | seed >> 32) * 0x9e3779b97f4a7c15u, hash = seed ^ size;
#pragma GCC unroll 16
  for (uint32_t at = 0; at < size; at += 16) {
    uint64_t lane = (at + 16) * uint64_t(0xd6e8feb86659fd93u);
    uint64_t first = state_hash_detail::word(bytes + at, size - at);
    uint64_t second = size - at > 8 ? state_hash_detail::word(bytes + at + 8, size - at - 8) : 0;
    hash ^= fold_multiply(first ^ seed ^ lane, second ^ (turned + lane));
  }
  return fold_multiply(hash ^ turned, 0xa0761d6478bd642fu);
}

// What the index and the record keep of a hash; never 0, which is a free record.
inline uint32_t state_tag(uint64_t hash) { return uint32_t(hash) | 1; }

}  // namespace clickup
