// Two layouts of an item with their migrations, and a copy beside a writer in another process.
#pragma once

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include <random>

#include "kernels/command_loop.hh"
#include "layouts/Items.layout.hh"
#include "state_table/migration.hh"

namespace clickup {

inline constexpr uint64_t kNever = ~uint64_t(0) >> 1;

// The tag is derived from the value, so that a mixture of two values is detected.
template <class Layout>
Layout fresh_item(uint32_t key, uint64_t value) {
  Layout item;
  item.key = key;
  item.value = value;
  item.tag = uint8_t(value * 151);
  return item;
}
template <class Layout>
bool assured(const Layout& item) {
  return item.key & 1;
}
template <class From, class To>
void convert(const From& from, To& to) {
  to = fresh_item<To>(from.key, from.value);
  to.tag = from.tag;
}
template <class From, class To>
using Migration = StateMigrationOf<From, To, convert<From, To>, assured<To>>;
const Migration<ItemsLayoutV1, ItemsLayoutV2> forth{};
const Migration<ItemsLayoutV2, ItemsLayoutV1> back{};
const Migration<ItemsLayoutV2, ItemsLayoutV2> resize{};

class EasyPace : public CopyPace {
 public:
  explicit EasyPace(bool settled) : settled_(settled) {}
  bool settle() override { return settled_; }
  bool go_on() override { return true; }

 private:
  bool settled_;
};

// Memory that writer and copy share besides the table.
struct RaceBoard {
  uint64_t beat;  // moves between the writer's rounds
  uint32_t pause, paused;
  uint64_t values[512];  // by key, the value that the writer stored last; 0: erased
};

// Waits a short time for the writer's round to end.
class BeatPace : public CopyPace {
 public:
  explicit BeatPace(RaceBoard& board) : board_(board) {}
  bool settle() override {
    uint64_t before = __atomic_load_n(&board_.beat, __ATOMIC_ACQUIRE);
    for (int i = 0; i < 50; ++i) {
      if (__atomic_load_n(&board_.beat, __ATOMIC_ACQUIRE) != before) return true;
      usleep(20);
    }
    return false;
  }
  bool go_on() override { return true; }

 private:
  RaceBoard& board_;
};

[[noreturn]] inline void write_items(const SharedMemory& memory, RaceBoard& board, uint32_t capacity, uint32_t seed) {
  StateTable<ItemsLayoutV1> items;
  items.attach(memory.map(), memory.bytes(), capacity, "items");
  items.resume();
  std::minstd_rand random(seed);
  for (uint64_t value = 1; !__atomic_load_n(&board.pause, __ATOMIC_ACQUIRE);) {
    for (int batch = 0; batch < 8; ++batch, ++value) {
      uint32_t key = uint32_t(random() % std::size(board.values));
      auto item = fresh_item<ItemsLayoutV1>(key, value);
      uint64_t hash = items.hash(item);
      uint32_t index = items.find(item, hash, 1);
      bool ends = index != items.kNone && random() % 2;
      board.values[key] = ends ? 0 : value;
      if (ends) items.erase(index);
      else if (index != items.kNone) items.write(index, item, kNever);
      else items.insert(item, hash, kNever, 1, assured<ItemsLayoutV1>);
    }
    __atomic_fetch_add(&board.beat, 1, __ATOMIC_RELEASE);
  }
  items.pause();
  __atomic_store_n(&board.paused, 1, __ATOMIC_RELEASE);
  for (;;) ::pause();
}

// The fault of a copied table, of which `torn` records may be missing.
inline std::string difference(StateTable<ItemsLayoutV2>& copied, const RaceBoard& board, uint32_t torn) {
  uint32_t missing = 0, live = 0;
  for (uint32_t key = 0; key < std::size(board.values); ++key) {
    auto item = fresh_item<ItemsLayoutV2>(key, 0);
    uint32_t index = copied.find(item, copied.hash(item), 1);
    bool there = index != copied.kNone;
    live += there;
    if (there && copied.at(index).tag != fresh_item<ItemsLayoutV2>(key, copied.at(index).value).tag) return "a mixture";
    missing += there != (board.values[key] != 0) || (there && copied.at(index).value != board.values[key]);
  }
  if (live != copied.count()) return "counted " + std::to_string(copied.count()) + " of " + std::to_string(live);
  return missing <= torn ? "" : std::to_string(missing) + " records differ";
}

// One copy beside a writer that is stopped now and then; in the end the writer pauses or is killed.
inline std::string copy_once(uint32_t seed, bool kill_it) {
  std::minstd_rand random(seed);
  uint32_t capacity = 512;
  SharedMemory from(StateTable<ItemsLayoutV1>::bytes(capacity)), to(StateTable<ItemsLayoutV2>::bytes(capacity));
  SharedMemory shared(sizeof(RaceBoard));
  auto& board = *static_cast<RaceBoard*>(shared.map());
  StateTable<ItemsLayoutV2> copied;
  copied.attach(to.map(), to.bytes(), capacity, "items");
  pid_t writer = fork();
  if (writer == 0) write_items(from, board, capacity, seed);
  while (__atomic_load_n(&board.beat, __ATOMIC_ACQUIRE) == 0) usleep(50);
  auto copy = find_migration(ItemsLayoutV1::kHash, ItemsLayoutV2::kHash)->make();
  std::string why =
      copy->attach({static_cast<uint8_t*>(from.map()), from.bytes()}, {static_cast<uint8_t*>(to.map()), to.bytes()});
  if (!why.empty()) return why;
  BeatPace pace(board);
  for (int stops = 0; stops < 6; ++stops) {
    kill(writer, SIGSTOP);
    for (uint32_t rounds = random() % 4; rounds > 0; --rounds) copy->round(pace);
    kill(writer, SIGCONT);
    usleep(random() % 500);
    copy->round(pace);
  }
  if (kill_it) kill(writer, SIGKILL), waitpid(writer, nullptr, 0);
  __atomic_store_n(&board.pause, 1, __ATOMIC_RELEASE);
  while (!kill_it && !__atomic_load_n(&board.paused, __ATOMIC_ACQUIRE)) usleep(50);
  copy->final_round();
  if (!kill_it) kill(writer, SIGKILL), waitpid(writer, nullptr, 0);
  if (copied.resume().rebuilt) return "the target is not whole";
  return difference(copied, board, kill_it ? 1 : 0);
}

inline std::string copy_race(Words& words) {
  uint32_t times = 0;
  std::string how;
  words >> times >> how;
  for (uint32_t i = 1; i <= times; ++i) {
    if (std::string wrong = copy_once(i, how == "killed"); !wrong.empty()) return wrong;
  }
  return "equal";
}

}  // namespace clickup
