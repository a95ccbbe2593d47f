// Writes, damages, verifies and restores checkpoints of tables of the layout that checkpointing.py declares.
#include <unistd.h>

#include <cstdio>
#include <vector>

#include "supervisor/checkpoint_ordeals.hh"

namespace {

using namespace clickup;
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

std::string save(Words& words) {
  std::string directory, reason;
  words >> directory >> reason;
  WrittenCheckpoint written;
  CheckpointFailure failure = write_both(directory, reason, 0, written);
  if (failure) return std::string(reason_word(failure.reason)) + " " + failure.text;
  return checkpoint_name(written.sequence) + " " + std::to_string(written.records) + " " +
         std::to_string(written.bytes);
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

// Flips every bit of a good file in turn, and truncates it to every length; reports damage that was not detected.
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
                       {"stalled", stalled},
                       {"killed", killed},
                       {"large", large},
                       {"overfill", overfill}});
}
