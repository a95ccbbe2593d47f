// Writes the records of state tables into a checkpoint file while their worker goes on changing them.
//
// Each record is in the file as it was at one moment between the beginning and the end of the write. A record whose
// place in the table changed meanwhile may be there twice; the later one in the file is the newer one.
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
  std::string instance, release, reason;  // cut at what the file header holds
};

struct WrittenCheckpoint {
  uint64_t sequence = 0;
  uint64_t records = 0;
  uint64_t bytes = 0;
};

// How long to rest for each moment of work, so that whoever forwards keeps its caches, its memory and its disk.
inline constexpr uint32_t kCheckpointRest = 3;

// Writes the next checkpoint of `directory`: it is there whole and on disk, or not at all. Nobody else may be writing
// one.
CheckpointFailure write_checkpoint(const std::string& directory, const CheckpointLabel& label,
                                   std::span<const CheckpointSource> sources, uint32_t rest,
                                   WrittenCheckpoint& written);

}  // namespace clickup
