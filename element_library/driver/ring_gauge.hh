// Fill levels of the receive rings that a worker reads, and the time for which they have room: watched by a carrier.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shared/port_cursor.hh"

namespace clickup {

class RingGauge {
 public:
  static constexpr uint64_t kForEver = UINT64_MAX;

  ~RingGauge();
  RingGauge() = default;
  RingGauge(const RingGauge&) = delete;
  RingGauge& operator=(const RingGauge&) = delete;

  // Maps the ring of a socket for reading. `cursor` is its reader's. Returns an error, empty on success.
  std::string add(int socket, uint32_t frame_size, uint32_t frame_count, const PortCursor& cursor);
  // Adds a ring that the caller keeps mapped.
  void add(const uint8_t* ring, uint32_t frame_size, uint32_t frame_count, const PortCursor& cursor);

  // Whether frames fill a sixteenth of a ring: its reader does not keep up with them.
  bool crowded() const;
  // Starts to measure rates.
  void begin(uint64_t now_ns);
  // Nanoseconds until the first ring is full when nobody reads, at the rates since begin().
  uint64_t holds_ns(uint64_t now_ns) const;

 private:
  struct Ring {
    const uint8_t* frames;
    uint32_t frame_size, frame_count;
    const PortCursor* cursor;
    uint64_t packets_at_begin;
    bool mapped;  // by us
  };
  static bool waits(const Ring& ring, uint32_t frames_on);

  std::vector<Ring> rings_;
  uint64_t began_ns_ = 0;
};

}  // namespace clickup
