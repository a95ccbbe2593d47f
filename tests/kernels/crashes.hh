// A writer that dies between any two instructions of a change: the change is single-stepped, every state of the table's
// memory is saved, and a new writer has to recover a whole table from each.
#pragma once

#include <ucontext.h>
#include <csignal>

#include <cstring>
#include <map>
#include <vector>

#include "kernels/races.hh"
#include "state_table/state_image.hh"

namespace clickup {

inline constexpr uint32_t kCrashCapacity = 320;  // its index grows once

namespace stepping {
inline const uint8_t* watched = nullptr;
inline std::vector<uint8_t> states;  // one after the other; space is reserved, as the signal handler may not allocate
inline size_t bytes = 0, kept = 0;
inline volatile sig_atomic_t on = 0;

inline void keep_state() {
  if (kept != 0 && std::memcmp(&states[(kept - 1) * bytes], watched, bytes) == 0) return;
  if ((kept + 1) * bytes > states.size()) _exit(3);
  std::memcpy(&states[kept++ * bytes], watched, bytes);
}

#if defined(__x86_64__)
inline constexpr uint64_t kTrapFlag = 0x100;
inline void after_instruction(int, siginfo_t*, void* context) {
  keep_state();
  if (!on) static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL] &= ~static_cast<long long>(kTrapFlag);
}
template <class Change>
void step_through(const Change& change) {
  struct sigaction action{};
  action.sa_sigaction = after_instruction;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGTRAP, &action, nullptr);
  on = 1;
  __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() | kTrapFlag);
  change();
  on = 0;
}
#else
template <class Change>
void step_through(const Change& change) {
  change();
  keep_state();
}
#endif
}  // namespace stepping

using Contents = std::map<uint32_t, uint64_t>;

inline Contents contents(const Items& items) {
  Contents found;
  for (uint32_t index = 0; index < items.fresh(); ++index) {
    if (items.used(index)) found[items.at(index).key] = items.at(index).value;
  }
  return found;
}

// The fault of a table between `before` and `after`; empty for none.
inline std::string crash_fault(Items& items, const Contents& before, const Contents& after) {
  Contents now = contents(items);
  for (const auto& [key, value] : before) {
    bool same = now.contains(key) && now[key] == value, changed = !after.contains(key) || after.at(key) != value;
    if (!same && !changed) return "lost item " + std::to_string(key);
  }
  for (const auto& [key, value] : now) {
    ItemsLayout item = tagged(key, value);
    uint32_t index = items.find(item, items.hash(item), 1);
    if (index == Items::kNone || items.at(index).tag != item.tag) return "wrong item " + std::to_string(key);
    bool old = before.contains(key) && before.at(key) == value, fresh = after.contains(key) && after.at(key) == value;
    if (!old && !fresh) return "item from nowhere " + std::to_string(key);
  }
  if (now.size() != items.count()) return "wrong count";
  for (uint32_t key = 9000; items.count() < kCrashCapacity && key < 9000 + kCrashCapacity; ++key) {
    store(items, tagged(key, key));
  }
  return contents(items).size() == kCrashCapacity ? "" : "records lost from the free list";
}

inline std::string fault_after_crash(const uint8_t* state, const Contents& before, const Contents& after) {
  SharedMemory memory(Items::bytes(kCrashCapacity));
  void* mapped = memory.map();
  std::memcpy(mapped, state, memory.bytes());
  Items items;
  std::string error = items.attach(mapped, memory.bytes(), kCrashCapacity, "items");
  if (!error.empty()) return error;
  items.resume();
  error = crash_fault(items, before, after);
  munmap(mapped, memory.bytes());
  return error;
}

using Change = std::function<void(Items&)>;

// Each case: the table's content before, and the change that is interrupted.
inline const std::map<std::string, std::pair<Change, Change>>& crash_cases() {
  auto fill = [](uint32_t count) {
    return [count](Items& items) {
      for (uint32_t key = 0; key < count; ++key) store(items, tagged(key, key));
    };
  };
  auto erase = [](uint32_t key) {
    return [key](Items& items) { items.erase(items.find(tagged(key, 0), items.hash(tagged(key, 0)), 1)); };
  };
  auto unassured = [](Items& items) {
    ItemsLayout item = tagged(1000, 1);
    items.insert(item, items.hash(item), kNever, 1, [](const ItemsLayout&) { return false; });
  };
  auto add = [](Items& items) { store(items, tagged(1000, 1)); };
  static const std::map<std::string, std::pair<Change, Change>> cases{
      {"insert", {fill(100), add}},
      {"grow", {fill(215), add}},
      {"write", {fill(100), [](Items& items) { store(items, tagged(5, 77)); }}},
      {"erase", {fill(150), erase(5)}},
      {"reuse", {[=](Items& items) { fill(150)(items), erase(5)(items), erase(80)(items); }, add}},
      {"evict", {fill(kCrashCapacity), unassured}},
      {"flush", {fill(10), [](Items& items) { items.erase_all(); }}},
      {"rebuild", {fill(40), [](Items& items) { items.resume(); }}},
      {"pause", {fill(40), [](Items& items) { items.pause(); }}},
      {"adopt", {[=](Items& items) { fill(40)(items), items.pause(); }, [](Items& items) { items.resume(); }}},
  };
  return cases;
}

inline std::string crash(Words& words) {
  std::string name;
  words >> name;
  const auto& [prepare, change] = crash_cases().at(name);
  SharedMemory memory(Items::bytes(kCrashCapacity));
  Items items;
  void* mapped = memory.map();
  items.attach(mapped, memory.bytes(), kCrashCapacity, "items");
  items.resume();
  prepare(items);
  Contents before = contents(items);
  stepping::watched = static_cast<uint8_t*>(mapped);
  stepping::bytes = memory.bytes();
  stepping::kept = 0;
  stepping::states.resize(1000 * stepping::bytes);
  stepping::step_through([&] { change(items); });
  Contents after = contents(items);
  for (size_t i = 0; i < stepping::kept; ++i) {
    std::string found = fault_after_crash(&stepping::states[i * stepping::bytes], before, after);
    if (!found.empty()) return found + " at state " + std::to_string(i);
  }
  munmap(mapped, memory.bytes());
  return "sound " + std::to_string(stepping::kept);
}

}  // namespace clickup
