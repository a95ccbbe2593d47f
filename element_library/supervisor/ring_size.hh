// Computes the size of a receive ring. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace clickup {

struct RingDemand {
  uint64_t megabits = 0;    // speed of the link, 0: unknown
  uint64_t frame_rate = 0;  // most frames a second that were seen
  uint32_t mtu = 1500;
  uint32_t frame_bytes = 2048;  // that a frame takes in the ring
};

enum class RingBound : uint8_t { least, speed, measured, memory };  // what determined its size

struct RingSize {
  uint64_t bytes = 0;
  RingBound bound = RingBound::least;
};

inline constexpr uint64_t kLeastRing = 32u << 20;

// Holds a second of full frames at the link's speed and of the frames that were seen, and a quarter more of these; at
// least kLeastRing, never more than `memory`.
RingSize ring_size(const RingDemand& demand, uint64_t memory);

std::string_view bound_word(RingBound bound);

}  // namespace clickup
