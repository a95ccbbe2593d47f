// Watches a receive ring: how fast frames arrive, how many found it full, and why. Pure: the caller gives the time.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "supervisor/processor_time.hh"

namespace clickup {

// A sample of a ring and its worker; counts and times since the start.
struct RingReading {
  uint64_t now_ns = 0;
  uint64_t received = 0, dropped = 0;
  uint64_t too_long = 0;    // that the worker could not take whole
  ProcessorTime worker;     // of the forwarding one
  bool forwarding = false;  // no handover or restart is under way
};

enum class DropCause : uint8_t {
  no_worker,      // nobody forwarded: a handover or a restart took longer than the ring holds
  off_processor,  // others had the processor that the worker wanted
  overload,       // the worker was busy all the time
  burst,          // more arrived at once than the ring holds
  too_long,       // longer than a packet, or than a ring that could not be changed at once
};

struct RingDrops {
  uint64_t frames = 0;
  DropCause cause = DropCause::burst;
  uint64_t over_ns = 0;                // time between the samples
  uint64_t ran_ns = 0, waited_ns = 0;  // of the worker within it
};

class RingWatch {
 public:
  // Returns what was dropped since the last sample, if anything; frames that were too long when no others were.
  std::optional<RingDrops> look(const RingReading& reading);
  uint64_t peak_rate() const { return peak_rate_; }  // frames a second, dropped ones included

 private:
  std::optional<RingDrops> too_long(const RingReading& reading, uint64_t over_ns);
  void measure_rate(const RingReading& reading);

  std::optional<RingReading> last_;
  uint64_t told_too_long_ = 0;
  uint64_t rate_since_ns_ = 0, rate_from_ = 0;
  uint64_t peak_rate_ = 0;
};

std::string_view cause_word(DropCause cause);

}  // namespace clickup
