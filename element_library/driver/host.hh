// What the runtime needs from its surroundings: a supervisor in production, the process itself when stand-alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "shared/port_cursor.hh"

namespace clickup {

struct PacketSocket {
  int fd = -1;
  uint8_t* ring = nullptr;  // TPACKET_V2 receive ring, mapped
  uint32_t frame_size = 0;
  uint32_t frame_count = 0;
  PortCursor* cursor = nullptr;
};

struct StateMemory {
  void* address = nullptr;
  size_t bytes = 0;
  bool adopted = false;  // true: holds the records of an earlier worker; false: zero-filled
};

// Functions return an empty string on success, else what failed and why, in one sentence.
class Host {
 public:
  virtual ~Host() = default;
  // The packet socket of a network interface, the same one for every worker and every element that names it. It belongs
  // to the host, which may replace its ring between two rounds.
  virtual std::string packet_socket(std::string_view interface, const PacketSocket*& socket) = 0;
  // Memory of the state table `name`, STATE/TABLE ("sessions/sessions"); adopted when a table of this name with the
  // same layout hash and size exists, fresh otherwise. Pages are allocated as they are written.
  virtual std::string state_memory(std::string_view name, uint64_t layout_hash, size_t bytes, StateMemory& memory) = 0;
  // A counter slot by name ("forwarded"); the same slot for the same name in successive workers.
  virtual CounterSlot* counter_slot(std::string_view name) = 0;
};

}  // namespace clickup
