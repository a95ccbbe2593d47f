// A release on this device, and the report of one takeover.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "supervisor/resources.hh"
#include "supervisor/worker_process.hh"

namespace clickup {

// What a takeover asks for.
struct Release {
  std::string attempt;  // names the request: the same one again is answered from the record
  std::string release;  // digest
  std::string driver, config;  // absolute paths
  uint64_t confirm_timeout_ms = 30'000;
  uint64_t start_timeout_ms = 10'000;
};

// Reads lines KEY=VALUE. Returns an empty string, else what is wrong.
std::string read_release(std::string_view text, Release& release);

// A release in a role: current, previous or candidate. `worker` is empty while its process is dead.
struct Slot {
  Release what;
  Needs needs;
  std::unique_ptr<WorkerProcess> worker;
  std::string since;  // when it began to forward, or to load
};

struct TakeoverReport {
  std::string attempt, release, previous;
  uint64_t pause_ns = 0;
  uint64_t waiting_packets = 0;
  uint64_t dropped_packets = 0;
  std::string result;  // running, confirmed, reverted, failed
  std::string reason;

  std::string json() const;
};

}  // namespace clickup
