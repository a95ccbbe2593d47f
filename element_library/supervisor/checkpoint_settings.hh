// Where checkpoints go, how often, and how many are kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace clickup {

struct CheckpointSettings {
  std::string directory;     // empty: none are written
  uint64_t interval_ms = 0;  // 0: only when asked for
  uint32_t keep = 5;
};

// Lines KEY=VALUE (directory, interval_ms, keep); keys left out keep their values. Returns an error, after which
// nothing has changed; empty on success.
std::string change_settings(std::string_view text, CheckpointSettings& settings);
// Creates the directory if its parent exists. Any problem shows when a checkpoint is written.
void make_checkpoint_directory(const CheckpointSettings& settings);

}  // namespace clickup
