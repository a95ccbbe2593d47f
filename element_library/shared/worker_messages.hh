// Messages between supervisor and worker over their channel: a verb, and its fields in the order of kFields.
//
// Each first sends its version (causes.hh): `welcome N`, answered by `version N`; one that sends none has version 1.
// A worker or carrier answers an order that it does not know or cannot read with `unknown VERB`, the supervisor a
// notice with `error WHY`.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

#include "shared/message_fields.hh"

namespace clickup {

// Of the supervisor.
enum class Order : uint8_t {
  welcome,  // page memfd; to a worker the control listener as well
  prepare,  // wait for the turn, then forward; or carry the rest, hand over to the next one and turn round
  pause,    // stop between two batches and hand over
  resume,   // forward (again)
  exit,
  ring,         // to a worker: another ring will be used; to a carrier: a ring that limits its time; with its socket
  ring_filled,  // frames go into the new ring now
  table,        // to a carrier: memfd to take records from, and memfd to take them to
  carry,        // in rounds, until few records are left
  watch,        // keep carrying changes, slowly
};
// Of workers and carriers. A worker asks while it loads, and each question has one answer.
enum class Notice : uint8_t {
  version,
  unknown,
  socket,  // the questions
  table,
  counter,
  ready,
  failed,
  prepared,  // a carrier, too
  paused,
  running,
  ring_mapped,  // the offered ring
  ring_refused,
  ring_changed,  // it reads from the new one, and the one before is empty
  cannot,        // a carrier: carry the records of a table
  progress,
  carried,  // few records are left
  behind,   // it cannot be in time
  rounds,   // sent before it hands over, as are the counts
  counts,
};
enum class Answer : uint8_t { ok, error };

// Whether a worker forwards and writes to the tables until the turn.
enum class Concurrency : uint8_t { beside, alone };
enum class Haste : uint8_t { anyway, in_time };  // in_time: only if the rings can buffer the pause for the rest
enum class Origin : uint8_t { fresh, adopted };  // of a table's memory

template <>
inline constexpr std::array<std::string_view, 10> kWords<Order>{"welcome", "prepare",     "pause", "resume", "exit",
                                                                "ring",    "ring_filled", "table", "carry",  "watch"};
template <>
inline constexpr std::array<std::string_view, 19> kWords<Notice>{
    "version",  "unknown", "socket",  "table",       "counter",      "ready",        "failed",
    "prepared", "paused",  "running", "ring_mapped", "ring_refused", "ring_changed", "cannot",
    "progress", "carried", "behind",  "rounds",      "counts"};
template <>
inline constexpr std::array<std::string_view, 2> kWords<Answer>{"ok", "error"};
template <>
inline constexpr std::array<std::string_view, 2> kWords<Concurrency>{"beside", "alone"};
template <>
inline constexpr std::array<std::string_view, 2> kWords<Haste>{"anyway", "in_time"};
template <>
inline constexpr std::array<std::string_view, 2> kWords<Origin>{"new", "adopted"};

namespace orders {
struct Welcome {
  static constexpr Order kVerb = Order::welcome;
  uint32_t version = 1;
  static constexpr std::tuple kFields{&Welcome::version};
};
struct PrepareWorker {
  static constexpr Order kVerb = Order::prepare;
  uint32_t turn = 0;
  Concurrency concurrency = Concurrency::beside;
  static constexpr std::tuple kFields{&PrepareWorker::turn, &PrepareWorker::concurrency};
};
struct PrepareCarrier {
  static constexpr Order kVerb = Order::prepare;
  uint32_t turn = 0, next = 0;
  Haste haste = Haste::anyway;
  static constexpr std::tuple kFields{&PrepareCarrier::turn, &PrepareCarrier::next, &PrepareCarrier::haste};
};
struct Pause {
  static constexpr Order kVerb = Order::pause;
  uint32_t next = 0;  // turn to hand over to
  static constexpr std::tuple kFields{&Pause::next};
};
struct Ring {
  static constexpr Order kVerb = Order::ring;
  std::string interface;
  uint32_t frame_size = 0, frame_count = 0;
  static constexpr std::tuple kFields{&Ring::interface, &Ring::frame_size, &Ring::frame_count};
};
struct RingFilled {
  static constexpr Order kVerb = Order::ring_filled;
  std::string interface;
  static constexpr std::tuple kFields{&RingFilled::interface};
};
struct Table {
  static constexpr Order kVerb = Order::table;
  std::string name;
  Hexadecimal from, to;  // layouts
  static constexpr std::tuple kFields{&Table::name, &Table::from, &Table::to};
};
struct Carry {
  static constexpr Order kVerb = Order::carry;
  Concurrency concurrency = Concurrency::beside;
  static constexpr std::tuple kFields{&Carry::concurrency};
};
}  // namespace orders

namespace notices {
struct Version {
  static constexpr Notice kVerb = Notice::version;
  uint32_t version = 0;
  static constexpr std::tuple kFields{&Version::version};
};
struct Unknown {
  static constexpr Notice kVerb = Notice::unknown;
  Rest verb;
  static constexpr std::tuple kFields{&Unknown::verb};
};
struct Socket {
  static constexpr Notice kVerb = Notice::socket;
  Rest interface;
  static constexpr std::tuple kFields{&Socket::interface};
};
struct Table {
  static constexpr Notice kVerb = Notice::table;
  std::string name;
  Hexadecimal layout;
  uint64_t bytes = 0;
  static constexpr std::tuple kFields{&Table::name, &Table::layout, &Table::bytes};
};
struct Counter {
  static constexpr Notice kVerb = Notice::counter;
  Rest name;
  static constexpr std::tuple kFields{&Counter::name};
};
struct Failed {
  static constexpr Notice kVerb = Notice::failed;
  std::string cause;
  Rest why;
  static constexpr std::tuple kFields{&Failed::cause, &Failed::why};
};
struct FailedWithoutCause {  // version 1
  static constexpr Notice kVerb = Notice::failed;
  Rest why;
  static constexpr std::tuple kFields{&FailedWithoutCause::why};
};
struct Paused {
  static constexpr Notice kVerb = Notice::paused;
  uint64_t stopped_ns = 0, waiting = 0;
  static constexpr std::tuple kFields{&Paused::stopped_ns, &Paused::waiting};
};
struct Running {
  static constexpr Notice kVerb = Notice::running;
  uint64_t resumed_ns = 0, waiting = 0;
  static constexpr std::tuple kFields{&Running::resumed_ns, &Running::waiting};
};
struct RingMapped {
  static constexpr Notice kVerb = Notice::ring_mapped;
  std::string interface;
  static constexpr std::tuple kFields{&RingMapped::interface};
};
struct RingRefused {
  static constexpr Notice kVerb = Notice::ring_refused;
  std::string interface;
  Rest why;
  static constexpr std::tuple kFields{&RingRefused::interface, &RingRefused::why};
};
struct RingChanged {
  static constexpr Notice kVerb = Notice::ring_changed;
  std::string interface;
  static constexpr std::tuple kFields{&RingChanged::interface};
};
struct Cannot {
  static constexpr Notice kVerb = Notice::cannot;
  std::string table;
  Rest why;
  static constexpr std::tuple kFields{&Cannot::table, &Cannot::why};
};
struct Behind {
  static constexpr Notice kVerb = Notice::behind;
  uint64_t took_ns = 0, records = 0, holds_ns = 0;  // of the last round; the time that the rings can buffer
  static constexpr std::tuple kFields{&Behind::took_ns, &Behind::records, &Behind::holds_ns};
};
struct Rounds {
  static constexpr Notice kVerb = Notice::rounds;
  uint64_t rounds = 0, last_records = 0;  // since it was told to carry; in the last one
  static constexpr std::tuple kFields{&Rounds::rounds, &Rounds::last_records};
};
struct Counts {
  static constexpr Notice kVerb = Notice::counts;
  std::string table;
  uint64_t migrated = 0, expired = 0, lost = 0;
  static constexpr std::tuple kFields{&Counts::table, &Counts::migrated, &Counts::expired, &Counts::lost};
};
}  // namespace notices

namespace answers {
struct Socket {  // and the socket
  static constexpr Answer kVerb = Answer::ok;
  uint32_t frame_size = 0, frame_count = 0;
  static constexpr std::tuple kFields{&Socket::frame_size, &Socket::frame_count};
};
struct Table {  // and its memfd
  static constexpr Answer kVerb = Answer::ok;
  Origin origin = Origin::fresh;
  uint64_t bytes = 0;
  static constexpr std::tuple kFields{&Table::origin, &Table::bytes};
};
struct Counter {
  static constexpr Answer kVerb = Answer::ok;
  uint32_t index = 0;
  static constexpr std::tuple kFields{&Counter::index};
};
struct Error {
  static constexpr Answer kVerb = Answer::error;
  Rest why;
  static constexpr std::tuple kFields{&Error::why};
};
}  // namespace answers

// A process answers the welcome with its version; returns the older of the two. A supervisor that sends none has 1.
unsigned greet(WorkerChannel& channel, const Message& welcome);

}  // namespace clickup
