// Writes the records of state tables into a checkpoint file while their worker goes on changing them.
//
// Each record is saved as it was at some moment during the write. A record that moved in the table meanwhile may be
// there twice; the later one in the file is the newer one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "state_table/state_reader.hh"
#include "supervisor/checkpoint_folder.hh"

namespace clickup {

struct CheckpointSource {
  std::string name;  // STATE/TABLE
  const StateReader& table;
};

struct CheckpointLabel {
  std::string instance, release, reason;  // truncated to fit the file header
};

struct WrittenCheckpoint {
  uint64_t sequence = 0;
  uint64_t records = 0;
  uint64_t bytes = 0;
};

// Time to rest for each unit of work, so that the forwarding worker keeps its caches, memory and disk.
inline constexpr uint32_t kCheckpointRest = 3;

// Writes the next checkpoint of `directory` atomically and to disk. No other writer may be at work.
CheckpointFailure write_checkpoint(const std::string& directory, const CheckpointLabel& label,
                                   std::span<const CheckpointSource> sources, uint32_t rest,
                                   WrittenCheckpoint& written);

}  // namespace clickup
