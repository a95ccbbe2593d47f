// Two tables of the layout that checkpointing.py declares, and checkpoints of both.
#pragma once

#include <sys/mman.h>

#include <memory>
#include <span>
#include <string>

#include "kernels/command_loop.hh"
#include "layouts/Items.layout.hh"
#include "state_table/state_table.hh"
#include "supervisor/checkpoint_reader.hh"
#include "supervisor/checkpoint_writer.hh"
#include "supervisor/table_view.hh"

namespace clickup {

using Table = StateTable<ItemsLayout>;

inline constexpr uint64_t kSecond = 1'000'000'000;
inline const char* const kNames[] = {"left/items", "right/items"};

struct Side {
  std::unique_ptr<SharedMemory> memory;
  Table table;

  void open(size_t bytes) {
    memory = std::make_unique<SharedMemory>(bytes);
    table = {};
  }
  std::string begin(uint32_t capacity) {
    std::string why = table.attach(memory->map(), memory->bytes(), capacity, "items");
    if (!why.empty()) return why;
    StateRecovery recovery = table.resume();
    return std::to_string(recovery.kept) + " " + std::to_string(recovery.discarded);
  }
  void put(ItemsLayout item, uint64_t deadline) {
    uint64_t hash = table.hash(item);
    uint32_t index = table.find(item, hash, 0);
    if (index != Table::kNone) return table.write(index, item, deadline);
    table.insert(item, hash, deadline, 0, [](const ItemsLayout&) { return true; });
  }
};
inline Side sides[2];

inline uint64_t boot_now() { return CheckpointClock::now().boot_time_ns; }

inline CheckpointFailure write_both(const std::string& directory, const std::string& reason, uint32_t rest,
                                    WrittenCheckpoint& written) {
  TableView views[2];
  for (int i = 0; i < 2; ++i)
    if (std::string why = views[i].open(sides[i].memory->fd()); !why.empty())
      return {CheckpointReason::write_failed, why};
  CheckpointSource sources[] = {{kNames[0], views[0].reader()}, {kNames[1], views[1].reader()}};
  return write_checkpoint(directory, {"edge1/edge-firewall", "sha256:1234", reason}, sources, rest, written);
}

inline std::string told(const CheckpointVerdict& verdict) {
  if (verdict.good()) return "good";
  return (verdict.kind == CheckpointVerdict::Kind::damaged ? "damaged " : "unreadable ") + verdict.text;
}

inline std::string restore_side(const CheckpointReader& reader, int i) {
  const CheckpointTable* table = reader.table(kNames[i]);
  if (!table) return "absent";
  sides[i].open(state_bytes(table->shape()));
  RestoredTable counts;
  std::span<uint8_t> memory(static_cast<uint8_t*>(sides[i].memory->map()), sides[i].memory->bytes());
  if (std::string why = reader.restore(*table, memory, counts); !why.empty()) return why;
  munmap(memory.data(), memory.size());
  return std::to_string(counts.restored) + " " + std::to_string(counts.expired) + " " +
         sides[i].begin(table->header.capacity);
}

}  // namespace clickup
