// Positions and counters that lie in memory shared by successive workers.
#pragma once

#include <cstdint>

namespace clickup {

// Position in one interface's ring, where a new worker continues. Written only by the forwarding worker.
struct PortCursor {
  char interface[16];
  uint32_t rx_frame;     // next ring frame to read
  uint32_t rx_returned;  // 1 + the frame given back to the kernel last
  uint64_t rx_packets, rx_bytes, rx_truncated;
  uint64_t tx_packets, tx_bytes, tx_dropped;
};

struct CounterSlot {  // continuous across takeovers and restarts
  uint64_t packets;
  uint64_t bytes;
};

}  // namespace clickup
