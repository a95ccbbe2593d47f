// Checkpoints with a concurrent writer, after a killed one, of large tables and on a full disk.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <set>
#include <sstream>
#include <vector>

#include "supervisor/checkpoint_sides.hh"

namespace clickup {

inline ItemsLayout numbered(uint32_t key, uint64_t round) {
  ItemsLayout item;
  item.key = key;
  item.state = uint8_t(round);
  item.value = round * 0x0101010101010101u;
  item.opened = round;
  return item;
}
inline bool torn(const ItemsLayout& item) {
  return item.value != item.opened * 0x0101010101010101u || item.state != uint8_t(item.opened);
}

inline void fill(uint32_t count) {
  uint64_t never = boot_now() + 3600 * kSecond;
  for (uint32_t key = 0; key < count; ++key) sides[0].put(numbered(key, key), never);
}

inline pid_t write_items_for_ever(uint32_t keys) {
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
inline void end(pid_t process) {
  kill(process, SIGKILL);
  waitpid(process, nullptr, 0);
}

constexpr uint32_t kRacingKeys = 500;

// A writer changes the first kRacingKeys records, and adds and removes as many others.
inline pid_t begin_race() {
  for (Side& side : sides) {
    side.open(Table::bytes(2 * kRacingKeys));
    side.begin(2 * kRacingKeys);
  }
  for (uint32_t key = 0; key < kRacingKeys; ++key) sides[0].put(numbered(key, 1), boot_now() + 3600 * kSecond);
  pid_t writer = write_items_for_ever(kRacingKeys);
  while (load_shared(sides[0].table.header().fresh) <= kRacingKeys) usleep(100);
  return writer;
}

// Restores the file: what is wrong with its records; `latest` is the newest change in it.
inline std::string wrong_in(const std::string& path, uint64_t& latest) {
  CheckpointReader reader;
  if (CheckpointVerdict verdict = reader.open(path); !verdict.good()) return told(verdict);
  restore_side(reader, 0);
  const Table& table = sides[0].table;
  uint32_t first = 0;
  for (uint32_t index = 0; index < table.fresh(); ++index) {
    if (!table.used(index)) continue;
    if (torn(table.at(index))) return "a torn record in " + path;
    first += table.at(index).key < kRacingKeys;
    latest = std::max(latest, uint64_t(table.at(index).opened));
  }
  return first == kRacingKeys ? "" : std::to_string(kRacingKeys - first) + " records are missing in " + path;
}

// Stops the writer when it is within a change to one of the first records.
inline void stop_within_a_change(pid_t writer) {
  TableView view;
  view.open(sides[0].memory->fd());
  for (bool writing = false; !writing;) {
    kill(writer, SIGCONT);
    usleep(100);
    kill(writer, SIGSTOP);
    waitpid(writer, nullptr, WUNTRACED);
    for (uint32_t index = 0; index < kRacingKeys; ++index) writing |= view.reader().sequence(index) & 1;
  }
}

// A checkpoint while the writer gets no processor for half a second, in the middle of a change.
inline std::string stalled(Words& words) {
  std::string directory;
  words >> directory;
  pid_t writer = begin_race();
  stop_within_a_change(writer);
  pid_t waker = fork();
  if (waker == 0) {
    usleep(500'000);
    kill(writer, SIGCONT);
    _exit(0);
  }
  WrittenCheckpoint written;
  CheckpointFailure failure = write_both(directory, "stalled", 0, written);
  waitpid(waker, nullptr, 0);
  end(writer);
  if (failure) return failure.text;
  uint64_t latest = 0;
  std::string wrong = wrong_in(directory + "/" + checkpoint_name(written.sequence), latest);
  return wrong.empty() ? "whole" : wrong;
}

// Checkpoints beside a writer that changes the first KEYS records and adds and removes as many others: restored records
// are consistent, each key is there once, and none of the first ones is missing.
inline std::string race(Words& words) {
  std::string directory;
  uint32_t rounds = 0;
  words >> directory >> rounds;
  pid_t writer = begin_race();
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
    uint64_t latest = 0;
    if (std::string fault = wrong_in(file.path, latest); !fault.empty()) return fault;
    moments.insert(latest);
  }
  if (moments.size() < 2) return "nothing was written meanwhile";
  return wrong.empty() ? "whole " + std::to_string(files.size()) : wrong;
}

// Kills a process that writes one checkpoint after the other, at random moments.
inline std::string killed(Words& words) {
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

inline double milliseconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - since).count();
}

// DIRECTORY COUNT REST: writes COUNT records, and restores them until a worker could forward; prints milliseconds.
inline std::string large(Words& words) {
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

// DIRECTORY COUNT: the disk is too small after all, since COUNT records are added after the check.
inline std::string overfill(Words& words) {
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

}  // namespace clickup
