// What supervisor and worker share: a message channel that carries file descriptors, and one page of memory.
//
// Each says its version (causes.hh) first: `welcome N`, answered by `version N`; one that says none is of version 1. A
// worker answers what it does not know with `unknown VERB`, the supervisor a worker with `error WHY`; carriers pass it
// over.
//
// The worker asks while it loads, and each question has one answer:
//   socket INTERFACE            ok FRAME_SIZE FRAME_COUNT + socket | error WHY
//   table NAME LAYOUT_HEX BYTES ok new|adopted BYTES + memfd | error WHY
//   counter NAME                ok INDEX | error WHY
// and tells: ready | failed CAUSE WHY | prepared | paused STOPPED_NS WAITING | running RESUMED_NS WAITING
// The supervisor says: welcome N + page memfd and control listener | prepare TURN beside|alone: wait for the turn, then
//   forward; beside one that forwards until then or not | pause TURN: stop between two batches and hand over to TURN |
//   resume: forward (again) | exit | ring INTERFACE FRAME_SIZE FRAME_COUNT + socket: there will be another ring |
//   ring_filled INTERFACE: frames go into that one now
// which the worker answers: ring_mapped INTERFACE | ring_refused INTERFACE WHY | ring_changed INTERFACE: it reads from
// the
//   new one, and the one before is empty
//
// To a carrier, which takes records from one table to another, it says: welcome N + page memfd |
//   table NAME FROM_LAYOUT_HEX TO_LAYOUT_HEX + memfd of each | carry beside|alone: in rounds, with a worker that writes
//   to the sources or without, until few records are left | watch: go on with what changes, at leisure | ring INTERFACE
//   FRAME_SIZE FRAME_COUNT + socket: one that it makes way for | prepare TURN NEXT in_time|anyway: wait for the turn,
//   carry the rest, hand over to NEXT and turn round; in time, if the rest fits into a pause for which the rings hold
//   what comes | exit
// It tells: cannot NAME WHY | progress | carried: few are left | prepared |
//   behind NS RECORDS HOLDS_NS: the last round took that, it cannot be in time | and before it hands over
//   rounds N LAST: rounds since it was told to carry, records in the last one | counts NAME MIGRATED EXPIRED LOST
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "driver/host.hh"
#include "shared/file_descriptor.hh"

namespace clickup {

// One datagram of text; words are separated by single spaces, the last argument may hold spaces and newlines.
struct Message {
  std::string text;
  std::vector<FileDescriptor> descriptors;

  std::string_view word(size_t index) const;           // empty when there are fewer words
  std::string_view after(size_t count) const;          // what follows the first `count` words
  uint64_t number(size_t index, int base = 10) const;  // 0 when it is not a number
};

// One end of a SOCK_SEQPACKET pair.
class WorkerChannel {
 public:
  static constexpr size_t kMaxText = 64 * 1024;
  static constexpr size_t kMaxDescriptors = 8;
  enum class Result { message, nothing, closed };

  WorkerChannel() = default;
  explicit WorkerChannel(int fd) : fd_(fd) {}
  // Both ends, close-on-exec. Returns an empty string, else why not.
  static std::string pair(WorkerChannel& one, WorkerChannel& other);

  int fd() const { return fd_.get(); }
  int take() { return fd_.take(); }
  void close() { fd_.reset(); }
  // Never blocks; false when the other end is gone or does not read. Longer texts are cut at kMaxText.
  bool send(std::string_view text, std::span<const int> descriptors = {});
  // Waits up to `timeout_ms` (0: not at all, -1: for ever).
  Result receive(Message& message, int timeout_ms = 0);

 private:
  FileDescriptor fd_;
};

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
  std::atomic<uint32_t> turn;  // futex: number of the worker that may forward; written by who hands over
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

// Where an interface's receive ring is changed for another, that one has a cursor of its own.
std::string successor_name(std::string_view interface);
// The last word about the ring of `before`, all of which has been read: `after` goes on. One store decides, so that
// whoever finds a dead worker knows how far it came.
void succeed(PortCursor& before, PortCursor& after);
bool succeeded(const PortCursor& before);

// Gives the turn to `worker` and wakes it.
void hand_over(SharedPage& page, uint32_t worker);
// Waits until it is the turn of `worker`: spins for `spin_ns`, then sleeps until `timeout_ns` in all.
// False when the time is up.
bool await_turn(SharedPage& page, uint32_t worker, uint64_t spin_ns, uint64_t timeout_ns);
uint64_t time_to_spin();                                     // ns: what is best on this machine
inline constexpr uint64_t kTurnTimeout = 10'000'000'000ull;  // ns; the supervisor gives up long before

uint64_t boot_time_ns();  // CLOCK_BOOTTIME

// A process answers the welcome with its version; returns the older of the two. A supervisor that says none has 1.
unsigned greet(WorkerChannel& channel, const Message& welcome);

inline constexpr int kWelcomeTimeoutMs = 10'000;  // in which a process that was started is told what it needs

}  // namespace clickup
