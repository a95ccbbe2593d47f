// Two threads use shared memory as two processes do, so that the thread sanitizer sees it: a reader copies records
// while their writer goes on, and two workers hand the turn back and forth.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wtsan"  // fences are not modelled; the accesses that they order are atomic anyway
#endif
#include <cstdio>
#include <thread>

#include "kernels/races.hh"
#include "shared/shared_page.hh"

using namespace clickup;

namespace {

bool records_hold_together() {
  SharedMemory memory(Items::bytes(16));
  Items items;
  items.attach(memory.map(), memory.bytes(), 16, "items");
  items.resume();
  bool consistent = true;
  std::thread reader([&] {
    StateReader view;
    view.attach(memory.map(false), memory.bytes());
    StateRecord record;
    for (bool last = false; !last;) {
      for (uint32_t index = 0; index < view.records(); ++index) {
        ItemsLayout item;
        if (!view.copy(index, record)) continue;
        std::memcpy(&item, record.bytes(), sizeof item);
        consistent = consistent && item.tag == tagged(item.key, item.value).tag;
        last = last || item.key == 0;
      }
    }
  });
  for (uint32_t i = 0; i < 20000; ++i) store(items, tagged(1 + i % 3, i));
  store(items, tagged(0, 0));
  reader.join();
  return consistent;
}

// Each turn adds one to plain memory: a hand-over that does not order it is a data race.
bool turns_are_ordered() {
  constexpr uint32_t kTurns = 2000;
  constexpr uint64_t kSpin = 20'000, kTimeout = 10'000'000'000;
  FileDescriptor memory;
  SharedPage* page = nullptr;
  if (!create_page(memory, page).empty()) return false;
  uint64_t packets = 0;
  auto worker = [&](uint32_t mine, uint32_t other) {
    for (uint32_t turn = 0; turn < kTurns && await_turn(*page, mine, kSpin, kTimeout); ++turn) {
      ++packets;
      hand_over(*page, other);
    }
  };
  std::thread second([&] { worker(2, 1); });
  hand_over(*page, 1);
  worker(1, 2);
  second.join();
  unmap_page(page);
  return packets == 2 * kTurns;
}

}  // namespace

int main() {
  if (!records_hold_together()) return std::puts("torn record"), 1;
  if (!turns_are_ordered()) return std::puts("lost turn"), 1;
  return 0;
}
