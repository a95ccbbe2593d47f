// State memory as restored from a checkpoint in another boot.
#pragma once

#include <vector>

#include "kernels/command_loop.hh"
#include "supervisor/checkpoint_clock.hh"

namespace clickup {

inline void restore_record(void* memory, uint32_t index, const CheckpointRebase& rebase) {
  auto* header = static_cast<StateHeader*>(memory);
  auto* deadlines = reinterpret_cast<uint64_t*>(static_cast<uint8_t*>(memory) + header->deadline_offset);
  RecordHeader& record = record_header(memory, index);
  if (record.tag == 0) return;
  deadlines[index] = rebase.deadline(deadlines[index]);
  if (deadlines[index] == 0) record.tag = 0;
  for (uint32_t i = 0; i < header->clock_field_count; ++i) {
    auto* moment = reinterpret_cast<uint64_t*>(reinterpret_cast<uint8_t*>(&record + 1) + header->clock_fields[i]);
    *moment = rebase.moment(*moment);
  }
}

// The device was off from `now` on for `off` nanoseconds, `up` of them with its kernel running again: the clock says
// `up`.
inline void reboot(void* memory, uint64_t now, uint64_t off, uint64_t up) {
  CheckpointHeader written{};
  written.boot_time_ns = now;
  written.real_time_ns = now;
  CheckpointRebase rebase(written, {{1}, up, now + off});
  auto* header = static_cast<StateHeader*>(memory);
  for (uint32_t index = 0; index < header->fresh; ++index) restore_record(memory, index, rebase);
  header->clean = kStateImported;
}

// Words: OFF, UP. Sets the clock too.
inline std::string reboot(Words& words, const std::vector<void*>& memories, uint64_t& now) {
  uint64_t off = 0, up = 0;
  words >> off >> up;
  for (void* memory : memories) reboot(memory, now, off, up);
  now = up;
  return "ok";
}

}  // namespace clickup
