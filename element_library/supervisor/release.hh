// A release on this device, and the report of one takeover.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "shared/causes.hh"
#include "state_table/table_copy.hh"
#include "supervisor/table_memory.hh"
#include "supervisor/worker_process.hh"

namespace clickup {

// What a takeover asks for.
struct Release {
  std::string attempt;         // identifies the request: a repeated one gets the recorded answer
  std::string release;         // digest
  std::string driver, config;  // absolute paths
  std::string carrier;         // driver that migrates records from the previous release's layouts; may be `driver`
  std::set<std::string> lose;  // tables that may start empty when their records cannot be carried
  std::string restore;         // checkpoint from which tables take their records instead of memory; may be empty
  uint64_t confirm_timeout_ms = 30'000;
  uint64_t start_timeout_ms = 10'000;
};

// Reads lines KEY=VALUE. Returns an error, empty on success.
std::string read_release(std::string_view text, Release& release);

// A table as a release has it.
struct TableUse {
  std::shared_ptr<const TableMemory> memory;
  std::shared_ptr<const TableMemory> source;  // where its records are carried from; nullptr: they are in `memory`
  bool fresh = false;                         // created for this release, which has not forwarded yet
  std::string from = {};                      // checkpoint that the records come from
  uint64_t expired = 0;                       // records of it that were left out
};

// What a release asked for while it was loading.
struct Needs {
  std::set<std::string> interfaces;
  std::map<std::string, TableUse> tables;
};

// A release in a role: current, previous or candidate. `worker` is empty while its process is dead.
struct Slot {
  Release what;
  Needs needs;
  std::unique_ptr<WorkerProcess> worker;
  std::string since;   // when it began to forward, or to load
  bool lacks = false;  // the device lacked what it asked for
};

// A carrier's reports on one takeover or revert.
struct Carriage {
  uint64_t began = 0;  // CLOCK_BOOTTIME ns
  uint64_t precopy_ms = 0, rounds = 0, last_records = 0;
  std::set<std::string> impossible;          // tables whose records it cannot carry
  std::map<std::string, CopyCounts> counts;  // of tables that were carried
};

// What became of a table's records.
struct StateReport {
  std::string fate;  // kept, migrated, restored, new, lost
  uint64_t kept = 0, migrated = 0, expired = 0, lost = 0;
  std::string from;  // file that they come from
};

// Why something failed or is reverted: for programs, and for people.
struct Reason {
  Cause cause = Cause::none;
  std::string text;
};

struct TakeoverReport {
  std::string attempt, release, previous;
  uint64_t pause_ns = 0;
  uint64_t waiting_packets = 0;
  uint64_t dropped_packets = 0;
  std::map<std::string, StateReport> states;
  uint64_t precopy_ms = 0, rounds = 0;
  uint64_t last_records = 0;  // carried within the pause
  std::string result;         // running, confirmed, reverted, failed
  Reason reason;

  std::string json() const;
};

}  // namespace clickup
