// Reads a fuzzer's bytes as values; beyond the end everything is zero or empty. PROMISE reports a broken property.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "driver/packet.hh"

namespace clickup {

#define PROMISE(condition)                                                 \
  do {                                                                     \
    if (!(condition)) {                                                    \
      std::fprintf(stderr, "broken: %s, line %d\n", #condition, __LINE__); \
      std::abort();                                                        \
    }                                                                      \
  } while (false)

class Input {
 public:
  Input(const uint8_t* data, size_t size) : at_(data), left_(size) {}

  bool empty() const { return left_ == 0; }
  uint32_t number(size_t bytes) {
    uint32_t value = 0;
    std::vector<uint8_t> taken = take(bytes);
    std::copy_n(taken.begin(), std::min(taken.size(), sizeof value), reinterpret_cast<uint8_t*>(&value));
    return value;
  }
  // In memory of its own, so that reads beyond the end are detected.
  std::vector<uint8_t> take(size_t most) {
    size_t size = std::min(most, left_);
    std::vector<uint8_t> bytes(at_, at_ + size);
    at_ += size;
    left_ -= size;
    return bytes;
  }
  std::vector<uint8_t> rest() { return take(left_); }
  // Up to the first zero byte, which is skipped.
  std::string_view text() {
    size_t size = size_t(std::find(at_, at_ + left_, 0) - at_);
    std::string_view found(reinterpret_cast<const char*>(at_), size);
    take(size + 1);
    return found;
  }

 private:
  const uint8_t* at_;
  size_t left_;
};

// A packet whose buffer is otherwise filled with `filler`, on which results must not depend.
inline Packet* packet_of(const std::vector<uint8_t>& bytes, uint8_t filler) {
  Packet* packet = packet_pool().allocate();
  std::memset(packet->buffer, filler, sizeof packet->buffer);
  packet->length = uint32_t(std::min<size_t>(bytes.size(), kMaxPacket));
  std::copy_n(bytes.begin(), packet->length, packet->data());
  return packet;
}

}  // namespace clickup
