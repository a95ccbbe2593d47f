// Copies a table into another one as a carrier does: all rounds but the last one while its worker goes on.
#pragma once

#include <memory>
#include <span>

#include "kernels/command_loop.hh"
#include "state_table/migration.hh"

namespace clickup {

class NoOtherWork : public CopyPace {
  bool settle() override { return true; }
  bool go_on() override { return true; }
};

// Memory for `capacity` records, and the copy there; its final round is for when the worker has paused.
template <class Layout>
struct Moving {
  Moving(SharedMemory& from, uint32_t capacity)
      : memory(std::make_unique<SharedMemory>(StateTable<Layout>::bytes(capacity))) {
    StateTable<Layout> fresh;
    if (!fresh.attach(memory->map(), memory->bytes(), capacity, "moved").empty()) std::abort();
    if (!copy->attach(bytes_of(from), bytes_of(*memory)).empty()) std::abort();
    NoOtherWork pace;
    copy->round(pace);
  }

  std::unique_ptr<SharedMemory> memory;
  std::unique_ptr<TableCopy> copy = find_migration(Layout::kHash, Layout::kHash)->make();

 private:
  static TableCopy::Memory bytes_of(SharedMemory& memory) {
    return {static_cast<uint8_t*>(memory.map()), memory.bytes()};
  }
};

}  // namespace clickup
