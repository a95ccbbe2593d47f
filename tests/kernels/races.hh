// A writer and a reader of one state table in two processes, and a writer that is killed.
#pragma once

#include <signal.h>
#include <sys/wait.h>

#include <random>

#include "kernels/command_loop.hh"
#include "layouts/Items.layout.hh"
#include "state_table/state_reader.hh"
#include "state_table/state_table.hh"

namespace clickup {

using Items = StateTable<ItemsLayout>;
inline constexpr uint64_t kNever = ~uint64_t(0);

// The tag is derived from the value, so that a mixture of two values is detected.
inline ItemsLayout tagged(uint32_t key, uint64_t value) {
  ItemsLayout item;
  item.key = key;
  item.value = value;
  item.tag = uint8_t(value * 151);
  return item;
}

inline void store(Items& items, const ItemsLayout& item) {
  uint64_t hash = items.hash(item);
  uint32_t index = items.find(item, hash, 1);
  if (index != Items::kNone) return items.write(index, item, kNever);
  items.insert(item, hash, kNever, 1, [](const ItemsLayout&) { return true; });
}

// Reads every record until one with key 0 appears; exit code 1 when a record contradicts itself.
[[noreturn]] inline void watch(const SharedMemory& memory) {
  StateReader reader;
  if (!reader.attach(memory.map(false), memory.bytes()).empty()) _exit(2);
  StateRecord record;
  for (;;) {
    for (uint32_t index = 0; index < reader.records(); ++index) {
      ItemsLayout item;
      if (!reader.copy(index, record)) continue;
      std::memcpy(&item, record.bytes(), sizeof item);
      if (item.tag != tagged(item.key, item.value).tag) _exit(1);
      if (item.key == 0) _exit(0);
    }
  }
}

inline std::string race(Words& words) {
  uint32_t writes = 0;
  words >> writes;
  SharedMemory memory(Items::bytes(16));
  Items items;
  items.attach(memory.map(), memory.bytes(), 16, "items");
  items.resume();
  pid_t reader = fork();
  if (reader == 0) watch(memory);
  for (uint32_t i = 0; i < writes; ++i) store(items, tagged(1 + i % 3, i));
  store(items, tagged(0, 0));
  int status = 0;
  waitpid(reader, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "consistent" : "torn";
}

[[noreturn]] inline void churn(const SharedMemory& memory, uint32_t seed) {
  Items items;
  items.attach(memory.map(), memory.bytes(), 256, "items");
  items.resume();
  std::minstd_rand random(seed);
  for (;;) {
    ItemsLayout item = tagged(uint32_t(random() % 200), random());
    uint32_t index = items.find(item, items.hash(item), 1);
    if (index != Items::kNone && random() % 2) {
      items.erase(index);
    } else {
      store(items, item);
    }
  }
}

// The fault of a table that a killed writer left, after a new writer took it over; empty for none.
inline std::string fault(const SharedMemory& memory) {
  Items items;
  items.attach(memory.map(), memory.bytes(), 256, "items");
  StateRecovery recovery = items.resume();
  if (!recovery.rebuilt || recovery.discarded > 1) return "discarded " + std::to_string(recovery.discarded);
  uint32_t live = 0;
  for (uint32_t index = 0; index < items.fresh(); ++index) {
    if (!items.used(index)) continue;
    const ItemsLayout& item = items.at(index);
    ++live;
    if (items.find(item, items.hash(item), 1) != index) return "record not found by its key";
    if (item.tag != tagged(item.key, item.value).tag) return "record contradicts itself";
  }
  if (live != items.count()) return "counted " + std::to_string(items.count()) + " of " + std::to_string(live);
  for (uint32_t key = 1000; key < 1256 - live; ++key) store(items, tagged(key, key));
  return items.count() == 256 ? "" : "free list lost records: " + std::to_string(items.count());
}

inline std::string kill_writers(Words& words) {
  uint32_t times = 0;
  words >> times;
  for (uint32_t round = 0; round < times; ++round) {
    SharedMemory memory(Items::bytes(256));
    pid_t writer = fork();
    if (writer == 0) churn(memory, round + 1);
    const auto* header = static_cast<const StateHeader*>(memory.map());
    while (load_shared(header->generation) == 0) usleep(50);
    usleep(100 + round * 137 % 2000);
    kill(writer, SIGKILL);
    waitpid(writer, nullptr, 0);
    if (std::string found = fault(memory); !found.empty()) return found;
  }
  return "sound";
}

}  // namespace clickup
