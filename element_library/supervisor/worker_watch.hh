// Distinguishes a worker that hangs or spins from one that waits for a processor. Pure: the caller gives the time.
#pragma once

#include <cstdint>

#include "supervisor/processor_time.hh"

namespace clickup {

class WorkerWatch {
 public:
  enum class Finding : uint8_t {
    alive,     // or too early to say
    hung,      // no round for seconds, although it waits for something else than a processor
    spinning,  // it used a processor all the time and ended no round
  };

  void forget() { looks_ = 0; }
  // `beat` moves with every round of the worker; `time` is its processor time since it was started.
  Finding look(uint64_t now_ns, uint64_t beat, const ProcessorTime& time);
  // State since the beat last moved.
  uint64_t still_ns() const { return still_ns_; }

 private:
  uint32_t looks_ = 0;  // consecutive samples with the same beat
  uint64_t since_ns_ = 0, still_ns_ = 0, beat_ = 0;
  ProcessorTime before_;
};

}  // namespace clickup
