// Drives a state table of the layout that test_state_table.py declares; assured items have an odd value.
#include <memory>

#include "kernels/crashes.hh"
#include "kernels/large.hh"
#include "layouts/Items.layout.hh"
#include "state_table/state_reader.hh"
#include "state_table/state_table.hh"

namespace {

using namespace clickup;
using Table = StateTable<ItemsLayout>;

std::unique_ptr<SharedMemory> memory;
std::unique_ptr<Table> table;
void* mapped = nullptr;
uint32_t capacity = 0;
uint64_t now = 1;

std::string start_writer() {
  table = std::make_unique<Table>();
  mapped = memory->map();
  std::string error = table->attach(mapped, memory->bytes(), capacity, "items");
  if (!error.empty()) return error;
  StateRecovery recovery = table->resume();
  return std::string(recovery.rebuilt    ? "rebuilt "
                     : recovery.imported ? "imported "
                                         : "adopted ") +
         std::to_string(recovery.kept) + " " + std::to_string(recovery.discarded);
}

std::string start(Words& words) {
  words >> capacity;
  now = 1;
  memory = std::make_unique<SharedMemory>(Table::bytes(capacity));
  return start_writer();
}

bool assured(const ItemsLayout& item) { return item.value & 1; }

std::string put(Words& words) {
  ItemsLayout item;
  uint64_t deadline = 0;
  words >> item.key >> item.value >> deadline;
  uint64_t hash = table->hash(item);
  uint32_t index = table->find(item, hash, now);
  if (index != Table::kNone) {
    table->write(index, item, deadline);
    return "changed";
  }
  return table->insert(item, hash, deadline, now, assured) == Table::kNone ? "full" : "added";
}

uint32_t find(Words& words) {
  ItemsLayout item;
  words >> item.key;
  uint64_t hash = table->hash(item);
  table->prefetch_bucket(hash);
  table->prefetch_record(hash);
  return table->find(item, hash, now);
}

std::string get(Words& words) {
  uint32_t index = find(words);
  return index == Table::kNone ? "none" : std::to_string(table->at(index).value);
}

std::string erase(Words& words) {
  uint32_t index = find(words);
  if (index == Table::kNone) return "none";
  table->erase(index);
  return "erased";
}

std::string set_time(Words& words) {
  words >> now;
  return "ok";
}

std::string expire(Words& words) {
  uint32_t budget = 0;
  words >> budget;
  return std::to_string(table->expire(now, budget));
}

std::string succeed(Words& words) {
  std::string how;
  words >> how;
  if (how == "clean") table->pause();
  if (how == "torn") tear(mapped);
  return start_writer();
}

std::string counters(Words&) {
  const StateHeader& header = table->header();
  std::ostringstream text;
  text << header.count << " " << header.expired << " " << header.evicted << " " << header.refused;
  return text.str();
}

// Every live item as another process reads it: key=value, in no order.
std::string read_all(Words&) {
  StateReader reader;
  if (std::string error = reader.attach(memory->map(false), memory->bytes()); !error.empty()) return error;
  std::string text;
  StateRecord record;
  for (uint32_t i = 0; i < reader.records(); ++i) {
    ItemsLayout item;
    if (!reader.copy(i, record)) continue;
    std::memcpy(&item, record.bytes(), sizeof item);
    text += std::to_string(item.key) + "=" + std::to_string(item.value) + " ";
  }
  return text;
}

// Raises the dirty epoch and lists the blocks written since the one before.
std::string next_epoch(Words&) {
  StateReader reader;
  if (std::string error = reader.attach(mapped, memory->bytes()); !error.empty()) return error;
  uint32_t epoch = reader.header().dirty_epoch;
  std::string text;
  for (uint32_t block = 0; block * kRecordsPerBlock < reader.records(); ++block) {
    if (reader.changed_since(block, epoch)) text += std::to_string(block) + " ";
  }
  static_cast<StateHeader*>(mapped)->dirty_epoch = epoch + 1;
  return text;
}

// A table as restored from a file: `count` items, the first key twice.
std::string import(Words& words) {
  uint32_t count = 0;
  std::string then;
  words >> capacity >> count >> then;
  now = 1;
  memory = std::make_unique<SharedMemory>(Table::bytes(capacity));
  StateShape shape{"items",
                   ItemsLayout::kVersion,
                   ItemsLayout::kHash,
                   sizeof(ItemsLayout),
                   ItemsLayout::kKeySize,
                   capacity,
                   ItemsLayout::kDescriptor,
                   {},
                   0};
  StateImage image;
  if (std::string error = image.create(memory->map(), memory->bytes(), shape); !error.empty()) return error;
  for (uint32_t i = 0; i <= count; ++i) {
    ItemsLayout item;
    item.key = i % count;
    item.value = i;
    uint64_t value[sizeof item / sizeof(uint64_t)];
    std::memcpy(value, &item, sizeof item);
    image.put(i, 1000, value);
  }
  image.finish(count + 1);
  if (then == "settle") {
    Table early;
    early.attach(memory->map(), memory->bytes(), capacity, "items");
    early.settle();
  }
  return start_writer();
}

}  // namespace

int main() {
  return run_commands({{"start", start},
                       {"put", put},
                       {"get", get},
                       {"erase", erase},
                       {"time", set_time},
                       {"expire", expire},
                       {"succeed", succeed},
                       {"counters", counters},
                       {"read", read_all},
                       {"epoch", next_epoch},
                       {"import", import},
                       {"crash", crash},
                       {"large", large},
                       {"race", race},
                       {"kill", kill_writers},
                       {"flush", [](Words&) { return table->erase_all(), std::string("ok"); }},
                       {"break", [](Words& words) {
                          uint32_t index = 0;
                          words >> index;
                          record_header(mapped, index).sequence |= 1;
                          return std::string("ok");
                        }}});
}
