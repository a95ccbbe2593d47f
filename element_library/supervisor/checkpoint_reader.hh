// Reads a checkpoint file: first verifies all of it, then fills memory of state tables with its records.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/file_descriptor.hh"
#include "state_table/state_shape.hh"
#include "supervisor/checkpoint_clock.hh"
#include "supervisor/checkpoint_folder.hh"

namespace clickup {

struct CheckpointVerdict {
  enum class Kind : uint8_t {
    good,
    damaged,     // set it aside
    unreadable,  // cannot be opened, or has the format of another version: leave it where it is
  };
  Kind kind = Kind::good;
  std::string text;
  bool good() const { return kind == Kind::good; }
};

// A table in a verified file.
struct CheckpointTable {
  CheckpointTableHeader header;
  std::string descriptor;
  uint64_t records = 0;
  uint64_t live = 0;  // of them, those whose deadline is still to come
  uint32_t number = 0;
  uint64_t blocks_at = 0;

  std::string_view name() const { return header.name; }
  // Has the capacity and the hash seed of the saved table.
  StateShape shape() const;
};

struct RestoredTable {
  uint64_t restored = 0;  // records; of two with equal keys the worker drops the older one
  uint64_t expired = 0;   // left out
};

class CheckpointReader {
 public:
  CheckpointVerdict open(const std::string& path);
  // The same for an open file. Deadlines before `now` have expired.
  CheckpointVerdict open(FileDescriptor file, const CheckpointClock& now);

  const CheckpointHeader& header() const { return header_; }
  const std::vector<CheckpointTable>& tables() const { return tables_; }
  const CheckpointTable* table(std::string_view name) const;  // nullptr when it is not there

  // Fills zero-filled memory of state_bytes(table.shape()). Returns an error, empty on success; after an error the
  // memory is unusable. The next worker computes the index (StateTable::settle).
  std::string restore(const CheckpointTable& table, std::span<uint8_t> memory, RestoredTable& counts) const;

 private:
  FileDescriptor file_;
  uint64_t bytes_ = 0;
  CheckpointClock now_;
  CheckpointHeader header_{};
  std::vector<CheckpointTable> tables_;
};

// Opens the newest file of the directory that verifies and, if both have a name, belongs to this instance; damaged ones
// are set aside. Calls `tell` for each file that is skipped. False when there is none.
bool open_newest_checkpoint(const std::string& directory, std::string_view instance, CheckpointReader& reader,
                            StoredCheckpoint& opened,
                            const std::function<void(const StoredCheckpoint&, const CheckpointVerdict&)>& tell);

}  // namespace clickup
