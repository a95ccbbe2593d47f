// The page of memory that a supervisor and its workers share: whose turn it is, positions, counters.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "shared/file_descriptor.hh"
#include "shared/port_cursor.hh"

namespace clickup {

struct CounterEntry {
  char name[48];
  CounterSlot slot;
};

// Memory of one supervisor, mapped by every worker. Only the worker whose turn it is writes, except where noted.
struct SharedPage {
  static constexpr uint64_t kMagic = 0x31706b63696c63ull;  // "clickp1": changes with the layout
  static constexpr size_t kPorts = 32;
  static constexpr size_t kCounters = 4096;

  uint64_t magic;
  std::atomic<uint32_t> turn;  // futex: number of the worker that may forward; written by the one that hands over
  uint32_t reserved;
  std::atomic<uint64_t> beat;                    // moves while the forwarding worker is alive
  std::atomic<uint64_t> stopped_ns, resumed_ns;  // CLOCK_BOOTTIME of the last handover
  PortCursor ports[kPorts];                      // names are written by the supervisor
  CounterEntry counters[kCounters];              // names are written by the supervisor
};

static_assert(std::atomic<uint32_t>::is_always_lock_free && std::atomic<uint64_t>::is_always_lock_free);
static_assert(sizeof(std::atomic<uint32_t>) == 4 && sizeof(std::atomic<uint64_t>) == 8);
static_assert(sizeof(PortCursor) == 72 && sizeof(CounterEntry) == 64);
static_assert(offsetof(SharedPage, ports) == 40 && offsetof(SharedPage, counters) == 40 + 32 * 72);

// Creates the page, zeroed with its magic, or maps an existing one. Return an empty string on success, else why not.
std::string create_page(FileDescriptor& memory, SharedPage*& page);
std::string map_page(int memory, SharedPage*& page);
void unmap_page(SharedPage* page);

// Fixed-width names in the page: compares and stores with truncation, always ended by a zero byte.
bool name_is(const char* stored, size_t width, std::string_view name);
void store_name(char* stored, size_t width, std::string_view name);

// When an interface's receive ring is replaced, the new one has a cursor of its own.
std::string successor_name(std::string_view interface);
// Ends the ring of `before`, all of which has been read: `after` continues. A single store, so that the state after a
// worker's death is unambiguous.
void succeed(PortCursor& before, PortCursor& after);
bool succeeded(const PortCursor& before);

// Gives the turn to `worker` and wakes it.
void hand_over(SharedPage& page, uint32_t worker);
// Waits until it is the turn of `worker`: spins for `spin_ns`, then sleeps, for `timeout_ns` in all.
// False when the time is up.
bool await_turn(SharedPage& page, uint32_t worker, uint64_t spin_ns, uint64_t timeout_ns);
uint64_t time_to_spin();                                     // ns: the best value for this machine
inline constexpr uint64_t kTurnTimeout = 10'000'000'000ull;  // ns; the supervisor gives up long before

}  // namespace clickup
