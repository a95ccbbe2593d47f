// Runs of items in one vector, and the free space of those that moved.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace clickup {

// Runs of 1 to 64 items in one vector; a run that grows or shrinks moves, and its old space is reused.
template <typename Item>
class RunPool {
 public:
  RunPool() : items_(1) {}  // index 0 means: no run

  Item& operator[](uint32_t index) { return items_[index]; }
  const Item& operator[](uint32_t index) const { return items_[index]; }
  const Item* address(uint32_t index) const { return &items_[index]; }
  size_t bytes() const { return items_.capacity() * sizeof(Item); }
  void reserve(size_t items) { items_.reserve(items); }

  // Inserts `item` at `place`; `count` is the length before. Returns the run.
  uint32_t insert(uint32_t run, uint32_t count, uint32_t place, const Item& item) {
    Item added = item;  // may be in a run that moves
    uint32_t longer = take(count + 1);
    for (uint32_t i = 0; i < place; ++i) items_[longer + i] = items_[run + i];
    items_[longer + place] = added;
    for (uint32_t i = place; i < count; ++i) items_[longer + i + 1] = items_[run + i];
    give(run, count);
    return longer;
  }

  // Removes the item at `place`. Returns the run, 0 when it becomes empty.
  uint32_t erase(uint32_t run, uint32_t count, uint32_t place) {
    uint32_t shorter = count == 1 ? 0 : take(count - 1);
    for (uint32_t i = 0; i + 1 < count; ++i) items_[shorter + i] = items_[run + i + (i >= place)];
    give(run, count);
    return shorter;
  }

 private:
  uint32_t take(uint32_t count) {
    std::vector<uint32_t>& free = free_[count];
    if (free.empty()) {
      uint32_t run = uint32_t(items_.size());
      items_.resize(items_.size() + count);
      return run;
    }
    uint32_t run = free.back();
    free.pop_back();
    return run;
  }
  void give(uint32_t run, uint32_t count) {
    if (count > 0) free_[count].push_back(run);
  }

  std::vector<Item> items_;
  std::array<std::vector<uint32_t>, 65> free_;
};

}  // namespace clickup
