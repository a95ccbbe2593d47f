// The directory with the checkpoints of one instance: SEQUENCE.ckpt, ten digits ascending; SEQUENCE.ckpt.new while it
// is written, SEQUENCE.ckpt.damaged once it was found damaged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clickup {

// What the operator has to remedy.
enum class CheckpointReason : uint8_t { none, directory_full, directory_read_only, directory_missing, write_failed };

std::string_view reason_word(CheckpointReason reason);  // CamelCase, empty for none

struct CheckpointFailure {
  CheckpointReason reason = CheckpointReason::none;
  std::string text;
  explicit operator bool() const { return reason != CheckpointReason::none; }
};
// The problem for a system call that failed with `error`.
CheckpointFailure checkpoint_failure(const std::string& what, int error);

struct StoredCheckpoint {
  uint64_t sequence = 0;
  std::string path;
};

std::string checkpoint_name(uint64_t sequence);

// Newest first.
CheckpointFailure list_checkpoints(const std::string& directory, std::vector<StoredCheckpoint>& found);
// A number above every one that was ever used.
CheckpointFailure next_checkpoint(const std::string& directory, uint64_t& sequence);
// Whether a file of this size fits and leaves a tenth of the disk, and at least 16 MB, free.
CheckpointFailure check_room(const std::string& directory, uint64_t bytes);

// Renames a damaged file, which is not looked at again. False when that failed.
bool set_checkpoint_aside(const StoredCheckpoint& damaged);
// Removes all but the newest `keep` (at least one), and damaged ones that are older than those.
void prune_checkpoints(const std::string& directory, uint32_t keep);
// Removes files that killed writers left behind; none may be writing.
void remove_unfinished_checkpoints(const std::string& directory);

// Makes names in the directory survive a power cut.
CheckpointFailure sync_directory(const std::string& directory);

}  // namespace clickup
