// Writes, damages, verifies and restores checkpoints of tables of the layout that checkpointing.py declares.
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <random>
#include <set>

#include "kernels/command_loop.hh"
#include "layouts/Items.layout.hh"
#include "state_table/state_table.hh"
#include "supervisor/checkpoint_reader.hh"
#include "supervisor/checkpoint_writer.hh"
#include "supervisor/table_view.hh"

namespace {

using namespace clickup;
using Table = StateTable<ItemsLayout>;

constexpr uint64_t kSecond = 1'000'000'000;
const char* const kNames[] = {"left/items", "right/items"};

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
Side sides[2];

uint64_t boot_now() { return CheckpointClock::now().boot_time_ns; }

std::string start(Words& words) {
  for (Side& side : sides) {
    uint32_t capacity = 0;
    words >> capacity;
    side.open(Table::bytes(capacity));
    side.begin(capacity);
  }
  return "ok";
}

// SIDE KEY STATE VALUE, the age of `opened` and the time to the deadline in seconds
std::string put(Words& words) {
  uint32_t side = 0, key = 0, state = 0;
  double age = 0, left = 0;
  ItemsLayout item;
  words >> side >> key >> state >> item.value >> age >> left;
  item.key = key;
  item.state = uint8_t(state);
  uint8_t address[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, uint8_t(key)};
  std::memcpy(item.address, address, sizeof address);
  uint64_t now = boot_now();
  if (age != 0) item.opened = now - uint64_t(age * double(kSecond));
  sides[side].put(item, now + uint64_t(int64_t(left * double(kSecond))));
  return "ok";
}

std::string erase(Words& words) {
  uint32_t side = 0;
  ItemsLayout item;
  words >> side >> item.key;
  Table& table = sides[side].table;
  uint8_t address[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, uint8_t(item.key)};
  std::memcpy(item.address, address, sizeof address);
  table.erase(table.find(item, table.hash(item), 0));
  return "ok";
}

CheckpointFailure write_both(const std::string& directory, const std::string& reason, uint32_t rest,
                             WrittenCheckpoint& written) {
  TableView views[2];
  for (int i = 0; i < 2; ++i)
    if (std::string why = views[i].open(sides[i].memory->fd()); !why.empty())
      return {CheckpointReason::write_failed, why};
  CheckpointSource sources[] = {{kNames[0], views[0].reader()}, {kNames[1], views[1].reader()}};
  return write_checkpoint(directory, {"edge1/edge-firewall", "sha256:1234", reason}, sources, rest, written);
}

std::string save(Words& words) {
  std::string directory, reason;
  words >> directory >> reason;
  WrittenCheckpoint written;
  CheckpointFailure failure = write_both(directory, reason, 0, written);
  if (failure) return std::string(reason_word(failure.reason)) + " " + failure.text;
  return checkpoint_name(written.sequence) + " " + std::to_string(written.records) + " " +
         std::to_string(written.bytes);
}

std::string told(const CheckpointVerdict& verdict) {
  if (verdict.good()) return "good";
  return (verdict.kind == CheckpointVerdict::Kind::damaged ? "damaged " : "unreadable ") + verdict.text;
}

std::string verify(Words& words) {
  std::string path;
  words >> path;
  CheckpointReader reader;
  CheckpointVerdict verdict = reader.open(path);
  std::string text = told(verdict);
  for (const CheckpointTable& table : reader.tables())
    text += " " + std::string(table.name()) + "=" + std::to_string(table.records);
  return text;
}

std::string restore_side(const CheckpointReader& reader, int i) {
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

std::string restore(Words& words) {
  std::string path;
  words >> path;
  CheckpointReader reader;
  if (CheckpointVerdict verdict = reader.open(path); !verdict.good()) return told(verdict);
  return restore_side(reader, 0) + " | " + restore_side(reader, 1);
}

// key=state,value,age,left with the times in whole seconds; age - when there is none
std::string list(Words& words) {
  uint32_t side = 0;
  words >> side;
  const Table& table = sides[side].table;
  uint64_t now = boot_now();
  std::string text;
  for (uint32_t index = 0; index < table.fresh(); ++index) {
    if (!table.used(index)) continue;
    const ItemsLayout& item = table.at(index);
    if (table.find(item, table.hash(item), 0) != index) return "a record is not found by its key";
    std::string age = item.opened ? std::to_string((now - item.opened + kSecond / 2) / kSecond) : "-";
    int64_t left = int64_t(table.deadline(index) - now) + int64_t(kSecond / 2);
    text += std::to_string(item.key) + "=" + std::to_string(item.state) + "," + std::to_string(item.value) + "," + age +
            "," + std::to_string(left / int64_t(kSecond)) + " ";
  }
  return text;
}

std::string counters(Words& words) {
  uint32_t side = 0;
  words >> side;
  const StateHeader& header = sides[side].table.header();
  return std::to_string(header.count) + " " + std::to_string(header.evicted) + " " + std::to_string(header.refused) +
         " " + std::to_string(header.expired) + " " + std::to_string(header.hash_seed) + " " +
         std::to_string(header.capacity);
}

std::string newest(Words& words) {
  std::string directory, instance, passed;
  words >> directory >> instance;
  CheckpointReader reader;
  StoredCheckpoint opened;
  bool found = open_newest_checkpoint(directory, instance, reader, opened,
                                      [&](const StoredCheckpoint& one, const CheckpointVerdict& verdict) {
                                        passed += " | " + std::to_string(one.sequence) + " " + told(verdict);
                                      });
  return (found ? std::to_string(opened.sequence) : "none") + passed;
}

std::string prune(Words& words) {
  std::string directory;
  uint32_t keep = 0;
  words >> directory >> keep;
  prune_checkpoints(directory, keep);
  return "ok";
}

std::vector<uint8_t> contents(const std::string& path) {
  std::vector<uint8_t> bytes;
  FILE* file = std::fopen(path.c_str(), "rb");
  for (int c; file && (c = std::fgetc(file)) != EOF;) bytes.push_back(uint8_t(c));
  if (file) std::fclose(file);
  return bytes;
}

CheckpointVerdict::Kind kind_of(const SharedMemory& file, size_t bytes) {
  if (ftruncate(file.fd(), off_t(bytes)) != 0) std::abort();
  CheckpointReader reader;
  return reader.open(FileDescriptor(dup(file.fd())), CheckpointClock::now()).kind;
}

// Flips every bit of a good file in turn, and cuts it off at every length; tells which of it went unnoticed.
std::string damage(Words& words) {
  std::string path;
  words >> path;
  std::vector<uint8_t> bytes = contents(path);
  SharedMemory file(bytes.size());
  auto* memory = static_cast<uint8_t*>(file.map());
  std::memcpy(memory, bytes.data(), bytes.size());
  if (kind_of(file, bytes.size()) != CheckpointVerdict::Kind::good) return "not good to begin with";
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    memory[bit / 8] ^= uint8_t(1u << bit % 8);
    if (kind_of(file, bytes.size()) == CheckpointVerdict::Kind::good)
      return "bit " + std::to_string(bit) + " went unnoticed";
    memory[bit / 8] ^= uint8_t(1u << bit % 8);
  }
  size_t length = bytes.size();
  while (length > 0)
    if (kind_of(file, --length) == CheckpointVerdict::Kind::good)
      return "cut to " + std::to_string(length) + " unnoticed";
  return "noticed " + std::to_string(bytes.size() * 8) + " flips and " + std::to_string(bytes.size()) + " lengths";
}

ItemsLayout numbered(uint32_t key, uint64_t round) {
  ItemsLayout item;
  item.key = key;
  item.state = uint8_t(round);
  item.value = round * 0x0101010101010101u;
  item.opened = round;
  return item;
}
bool torn(const ItemsLayout& item) {
  return item.value != item.opened * 0x0101010101010101u || item.state != uint8_t(item.opened);
}

void fill(uint32_t count) {
  uint64_t never = boot_now() + 3600 * kSecond;
  for (uint32_t key = 0; key < count; ++key) sides[0].put(numbered(key, key), never);
}

pid_t write_items_for_ever(uint32_t keys) {
  pid_t writer = fork();
  if (writer != 0) return writer;
  std::minstd_rand random(1);
  uint64_t never = boot_now() + 3600 * kSecond;
  for (uint64_t round = 1;; ++round) {
    uint32_t key = uint32_t(random()) % (2 * keys);
    Side& side = sides[0];
    if (key < keys) {
      side.put(numbered(key, round), never);
      continue;
    }
    uint32_t index = side.table.find(numbered(key, 0), side.table.hash(numbered(key, 0)), 0);
    if (index != Table::kNone) side.table.erase(index);
    else side.put(numbered(key, round), never);
  }
}
void end(pid_t process) {
  kill(process, SIGKILL);
  waitpid(process, nullptr, 0);
}

// Checkpoints beside a writer that changes the first KEYS records and adds and removes as many others: what is restored
// is whole, each key is there once, and none of the first ones is missing.
std::string race(Words& words) {
  std::string directory;
  uint32_t rounds = 0;
  constexpr uint32_t kKeys = 500;
  words >> directory >> rounds;
  for (Side& side : sides) {
    side.open(Table::bytes(2 * kKeys));
    side.begin(2 * kKeys);
  }
  for (uint32_t key = 0; key < kKeys; ++key) sides[0].put(numbered(key, 1), boot_now() + 3600 * kSecond);
  pid_t writer = write_items_for_ever(kKeys);
  while (load_shared(sides[0].table.header().fresh) <= kKeys) usleep(100);
  std::string wrong;
  for (uint32_t round = 0; round < rounds && wrong.empty(); ++round) {
    WrittenCheckpoint written;
    if (CheckpointFailure failure = write_both(directory, "race", 0, written)) wrong = failure.text;
  }
  end(writer);
  std::vector<StoredCheckpoint> files;
  list_checkpoints(directory, files);
  std::set<uint64_t> moments;
  for (const StoredCheckpoint& file : files) {
    CheckpointReader reader;
    if (CheckpointVerdict verdict = reader.open(file.path); !verdict.good()) return told(verdict);
    restore_side(reader, 0);
    const Table& table = sides[0].table;
    uint32_t first = 0;
    uint64_t latest = 0;
    for (uint32_t index = 0; index < table.fresh(); ++index) {
      if (!table.used(index)) continue;
      if (torn(table.at(index))) return "a torn record in " + file.path;
      first += table.at(index).key < kKeys;
      latest = std::max(latest, uint64_t(table.at(index).opened));
    }
    moments.insert(latest);
    if (first != kKeys) return std::to_string(kKeys - first) + " records are missing in " + file.path;
  }
  if (moments.size() < 2) return "nothing was written meanwhile";
  return wrong.empty() ? "whole " + std::to_string(files.size()) : wrong;
}

// Kills a process that writes one checkpoint after the other, at random moments.
std::string killed(Words& words) {
  std::string directory;
  uint32_t times = 0;
  words >> directory >> times;
  std::minstd_rand random(7);
  uint32_t unfinished = 0;
  for (uint32_t i = 0; i < times; ++i) {
    pid_t writer = fork();
    while (writer == 0) {
      WrittenCheckpoint written;
      if (write_both(directory, "killed", 0, written)) _exit(1);
      prune_checkpoints(directory, 3);
    }
    usleep(useconds_t(random() % 20'000));
    end(writer);
    uint64_t next = 0;
    std::vector<StoredCheckpoint> files;
    list_checkpoints(directory, files);
    next_checkpoint(directory, next);
    unfinished += !files.empty() && next != files.front().sequence + 1;
    for (const StoredCheckpoint& file : files) {
      CheckpointReader reader;
      if (CheckpointVerdict verdict = reader.open(file.path); !verdict.good()) return file.path + " " + told(verdict);
    }
  }
  return "whole " + std::to_string(unfinished);
}

double milliseconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - since).count();
}

// DIRECTORY COUNT REST: so many records are written, and restored until a worker could forward. Milliseconds.
std::string large(Words& words) {
  std::string directory;
  uint32_t count = 0, rest = 0;
  words >> directory >> count >> rest;
  sides[0].open(Table::bytes(count));
  sides[0].begin(count);
  sides[1].open(Table::bytes(16));
  sides[1].begin(16);
  fill(count);
  auto began = std::chrono::steady_clock::now();
  WrittenCheckpoint written;
  if (CheckpointFailure failure = write_both(directory, "large", rest, written)) return failure.text;
  double write_ms = milliseconds(began);
  began = std::chrono::steady_clock::now();
  CheckpointReader reader;
  if (CheckpointVerdict verdict = reader.open(directory + "/" + checkpoint_name(written.sequence)); !verdict.good())
    return told(verdict);
  double verify_ms = milliseconds(began);
  std::string restored = restore_side(reader, 0);
  double restore_ms = milliseconds(began);
  for (uint32_t key = 0; key < count; ++key) {
    ItemsLayout item = numbered(key, key);
    uint32_t index = sides[0].table.find(item, sides[0].table.hash(item), 1);
    if (index == Table::kNone || torn(sides[0].table.at(index))) return "record " + std::to_string(key) + " is lost";
  }
  std::ostringstream text;
  text << restored << " bytes " << written.bytes << " write " << write_ms << " verify " << verify_ms << " restore "
       << restore_ms;
  return text.str();
}

// DIRECTORY COUNT: the disk turns out to be smaller than it seemed, since so many records come unannounced.
std::string overfill(Words& words) {
  std::string directory;
  uint32_t count = 0;
  words >> directory >> count;
  sides[0].open(Table::bytes(count));
  sides[0].begin(count);
  fill(count);
  static_cast<StateHeader*>(sides[0].memory->map())->count = 0;
  WrittenCheckpoint written;
  CheckpointFailure failure = write_both(directory, "overfill", 0, written);
  return std::string(reason_word(failure.reason)) + " " + failure.text;
}

}  // namespace

int main() {
  return run_commands({{"start", start},
                       {"put", put},
                       {"erase", erase},
                       {"write", save},
                       {"verify", verify},
                       {"restore", restore},
                       {"list", list},
                       {"counters", counters},
                       {"newest", newest},
                       {"prune", prune},
                       {"damage", damage},
                       {"race", race},
                       {"killed", killed},
                       {"large", large},
                       {"overfill", overfill}});
}
