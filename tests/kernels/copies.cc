// Drives copies between two layouts of the items of test_table_copy.py: side 0 and side 1.
#include <array>
#include <memory>

#include "kernels/copy_races.hh"

namespace {

using namespace clickup;

template <class Layout>
struct Side {
  std::unique_ptr<SharedMemory> memory;
  void* mapped = nullptr;
  StateTable<Layout> table;
  uint32_t capacity = 0;

  void start(uint32_t records) {
    capacity = records;
    memory = std::make_unique<SharedMemory>(StateTable<Layout>::bytes(records));
    mapped = memory->map();
    table = {};
    table.attach(mapped, memory->bytes(), capacity, "items");
    table.resume();
  }
  TableCopy::Memory span() const { return {static_cast<uint8_t*>(mapped), memory->bytes()}; }

  std::string put(uint32_t key, uint64_t value, uint64_t deadline, uint64_t now) {
    Layout item = fresh_item<Layout>(key, value);
    uint64_t hash = table.hash(item);
    uint32_t index = table.find(item, hash, now);
    if (index != StateTable<Layout>::kNone) {
      table.write(index, item, deadline);
      return "changed";
    }
    index = table.insert(item, hash, deadline, now, assured<Layout>);
    return index == StateTable<Layout>::kNone ? "full" : "added";
  }
  std::string erase(uint32_t key, uint64_t now) {
    Layout item = fresh_item<Layout>(key, 0);
    uint32_t index = table.find(item, table.hash(item), now);
    if (index == StateTable<Layout>::kNone) return "none";
    table.erase(index);
    return "erased";
  }
  // Live items that are found by their key, as key=value or key=value/extra where the extra is not what a new one has.
  std::string list(uint64_t now) const {
    std::string text;
    for (uint32_t index = 0; index < table.fresh(); ++index) {
      if (!table.used(index) || table.deadline(index) <= now) continue;
      const Layout& item = table.at(index);
      if (table.find(item, table.hash(item), now) != index) return "record not found by its key";
      text += std::to_string(item.key) + "=" + std::to_string(item.value) + " ";
    }
    return text;
  }
};

Side<ItemsLayoutV1> old_side;
Side<ItemsLayoutV2> new_side;
std::unique_ptr<TableCopy> copy;
std::unique_ptr<TableCopy> finished;
bool forward = true;

template <class Function>
auto on_side(bool old, const Function& function) {
  return old ? function(old_side) : function(new_side);
}

std::string begin_copy() {
  auto source = on_side(forward, [](auto& side) { return side.span(); });
  auto target = on_side(!forward, [](auto& side) { return side.span(); });
  copy = find_migration(forward ? ItemsLayoutV1::kHash : ItemsLayoutV2::kHash,
                        forward ? ItemsLayoutV2::kHash : ItemsLayoutV1::kHash)
             ->make();
  std::string why = copy->attach(source, target);
  return why.empty() ? "ok" : why;
}

// start CAPACITY CAPACITY: an empty table of each layout, a copy from the old to the new one.
std::string start(Words& words) {
  uint32_t first = 0, second = 0;
  words >> first >> second;
  forward = true;
  old_side.start(first);
  new_side.start(second);
  new_side.table.pause();
  return begin_copy();
}

uint64_t boot_now() {
  timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return uint64_t(now.tv_sec) * 1'000'000'000 + uint64_t(now.tv_nsec);
}

// put KEY VALUE: into the table that is written now. With the word `short`, an odd key's record ends at once.
std::string put(Words& words) {
  uint32_t key = 0;
  uint64_t value = 0;
  std::string how;
  words >> key >> value >> how;
  uint64_t now = boot_now();
  uint64_t deadline = how == "short" ? 1 : kNever - key;
  return on_side(forward, [&](auto& side) { return side.put(key, value, deadline, how == "short" ? 0 : now); });
}

std::string erase(Words& words) {
  uint32_t key = 0;
  words >> key;
  return on_side(forward, [&](auto& side) { return side.erase(key, boot_now()); });
}

// With `unsettled` the writer may be anywhere within a write.
std::string next_round(Words& words) {
  std::string how;
  words >> how;
  EasyPace pace(how != "unsettled");
  return std::to_string(copy->round(pace));
}

// late KEY VALUE ROUNDS: a put whose writer read the dirty epoch, was taken off the processor for these rounds, and
// then stamped what it had read.
std::string late(Words& words) {
  uint32_t key = 0, rounds = 0;
  uint64_t value = 0;
  words >> key >> value >> rounds;
  EasyPace pace(false);
  return on_side(forward, [&](auto& side) {
    auto* header = static_cast<StateHeader*>(side.mapped);
    uint32_t read = header->dirty_epoch;
    while (rounds-- > 0) copy->round(pace);
    uint32_t raised = std::exchange(header->dirty_epoch, read);
    std::string answer = side.put(key, value, kNever, boot_now());
    header->dirty_epoch = raised;
    return answer;
  });
}

// The first step of a writer that changes record 0.
void begin_write(void* mapped) {
  auto* header = static_cast<StateHeader*>(mapped);
  *reinterpret_cast<uint32_t*>(static_cast<uint8_t*>(mapped) + header->dirty_offset) = header->dirty_epoch;
  record_header(mapped, 0).sequence |= 1;
}

// The writer pauses (or dies within a write, as the word says), the last round runs, the other side becomes the writer.
std::string turn(Words& words) {
  std::string how;
  words >> how;
  on_side(forward, [&](auto& side) {
    if (how == "torn") begin_write(side.mapped);
    if (how.empty()) side.table.pause();
    return 0;
  });
  copy->final_round();
  CopyCounts counts = copy->counts();
  forward = !forward;
  bool clean = on_side(forward, [](auto& side) { return !side.table.resume().rebuilt; });
  finished = std::move(copy);
  if (std::string why = begin_copy(); why != "ok") return why;
  copy->go_back_from(*finished);
  return std::to_string(counts.migrated) + " " + std::to_string(counts.expired) + " " + std::to_string(counts.lost) +
         (clean ? "" : " rebuilt");
}

// The copying process died: another one starts from the beginning.
std::string again(Words& words) {
  std::string how;
  words >> how;
  on_side(!forward, [&](auto& side) {
    if (how == "torn") static_cast<StateHeader*>(side.mapped)->clean = 0;
    return 0;
  });
  return begin_copy();
}

std::string list(Words&) {
  return on_side(forward, [](auto& side) { return side.list(boot_now()); });
}

std::string counters(Words&) {
  return on_side(forward, [](auto& side) {
    const StateHeader& header = side.table.header();
    return std::to_string(header.expired) + " " + std::to_string(header.evicted) + " " + std::to_string(header.refused);
  });
}

}  // namespace

int main() {
  return run_commands({{"start", start},
                       {"put", put},
                       {"late", late},
                       {"erase", erase},
                       {"round", next_round},
                       {"turn", turn},
                       {"again", again},
                       {"list", list},
                       {"counters", counters},
                       {"race", copy_race}});
}
