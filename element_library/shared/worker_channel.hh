// What supervisor and worker tell each other: messages that carry file descriptors.
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

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

// A process answers the welcome with its version; returns the older of the two. A supervisor that says none has 1.
unsigned greet(WorkerChannel& channel, const Message& welcome);

inline constexpr int kWelcomeTimeoutMs = 10'000;  // in which a process that was started is told what it needs

}  // namespace clickup
