// Internet checksums that follow a change without reading what did not change (RFC 1624, equation 3).
#pragma once

#include <cstdint>
#include <cstring>

namespace clickup {

// Changes of 16-bit words, all at even distances from where a checksum begins, to be applied to it.
class ChecksumUpdate {
 public:
  // Writes `size` bytes, an even number, in place of others.
  template <uint32_t size>
  void replace(uint8_t* at, const void* bytes) {
    static_assert(size % 2 == 0);
    const auto* after = static_cast<const uint8_t*>(bytes);
    for (uint32_t i = 0; i < size; i += 2) sum_ += uint32_t(uint16_t(~word(at + i))) + word(after + i);
    std::memcpy(at, bytes, size);
  }
  void replace_number(uint8_t* at, uint16_t number) {
    uint8_t bytes[2]{uint8_t(number >> 8), uint8_t(number)};
    replace<2>(at, bytes);
  }
  void operator+=(const ChecksumUpdate& more) { sum_ += more.sum_; }

  // The checksum at `at` after all changes, in the byte order of the packet.
  uint16_t applied_to(const uint8_t* at) const {
    uint32_t sum = uint16_t(~word(at)) + (sum_ & 0xffff) + (sum_ >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return uint16_t(~sum);
  }

 private:
  static uint16_t word(const uint8_t* at) {
    uint16_t word;
    std::memcpy(&word, at, 2);
    return word;
  }

  uint32_t sum_ = 0;  // room for 32768 words
};

}  // namespace clickup
