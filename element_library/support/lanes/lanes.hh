// Waiting items, in a lane for each key: first in, first out within a lane, and the lanes in the order in which they
// are due. Memory for all of it is allocated once.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace clickup {

// `Key` compares by ==. An open lane has at least one item, except between open() and append(), or take_first() and
// close().
template <class Key, class Item>
class Lanes {
 public:
  static constexpr uint32_t kNone = ~0u;
  static constexpr uint64_t kNever = ~uint64_t(0);

  void reserve(uint32_t items) {
    slots_.resize(items);
    lanes_.resize(items);
    for (uint32_t i = 0; i < items; ++i) slots_[i].next = lanes_[i].chain = i + 1 < items ? i + 1 : kNone;
    free_slot_ = free_lane_ = items ? 0 : kNone;
    uint32_t chains = 16;
    while (chains < items) chains *= 2;
    chains_.assign(chains, kNone);
    order_.reserve(items);
  }

  uint32_t length() const { return length_; }                 // items
  uint32_t count() const { return uint32_t(order_.size()); }  // lanes
  uint32_t length(uint32_t lane) const { return lanes_[lane].length; }
  const Key& key(uint32_t lane) const { return lanes_[lane].key; }
  Item& first(uint32_t lane) { return slots_[lanes_[lane].first].item; }
  const Item& first(uint32_t lane) const { return slots_[lanes_[lane].first].item; }

  uint32_t find(const Key& key, uint64_t hash) const {
    if (order_.empty()) return kNone;
    uint32_t lane = chains_[hash & (chains_.size() - 1)];
    while (lane != kNone && !(lanes_[lane].key == key)) lane = lanes_[lane].chain;
    return lane;
  }
  // kNone when there is no room for an item in it.
  uint32_t open(const Key& key, uint64_t hash, uint64_t due) {
    if (free_slot_ == kNone) return kNone;
    uint32_t lane = std::exchange(free_lane_, lanes_[free_lane_].chain);
    uint32_t& chain = chains_[hash & (chains_.size() - 1)];
    lanes_[lane] = {key, hash, kNone, kNone, 0, std::exchange(chain, lane), uint32_t(order_.size())};
    order_.push_back({due, lane});
    rise(lanes_[lane].place);
    return lane;
  }
  void close(uint32_t lane) {
    while (lanes_[lane].length > 0) take_first(lane);
    uint32_t* link = &chains_[lanes_[lane].hash & (chains_.size() - 1)];
    while (*link != lane) link = &lanes_[*link].chain;
    *link = lanes_[lane].chain;
    uint32_t place = lanes_[lane].place;
    swap(place, uint32_t(order_.size()) - 1);
    order_.pop_back();
    if (place < order_.size()) settle(place);
    lanes_[lane].chain = std::exchange(free_lane_, lane);
  }
  // False when there is no room.
  bool append(uint32_t lane, const Item& item) {
    if (free_slot_ == kNone) return false;
    uint32_t slot = std::exchange(free_slot_, slots_[free_slot_].next);
    slots_[slot] = {item, kNone};
    Lane& to = lanes_[lane];
    (to.length == 0 ? to.first : slots_[to.last].next) = slot;
    to.last = slot;
    ++to.length;
    ++length_;
    return true;
  }
  Item take_first(uint32_t lane) {
    uint32_t slot = lanes_[lane].first;
    lanes_[lane].first = slots_[slot].next;
    --lanes_[lane].length;
    --length_;
    slots_[slot].next = std::exchange(free_slot_, slot);
    return slots_[slot].item;
  }

  void schedule(uint32_t lane, uint64_t due) {
    order_[lanes_[lane].place].first = due;
    settle(lanes_[lane].place);
  }
  // Makes everything due.
  void hurry() {
    for (auto& entry : order_) entry.first = 0;
  }
  uint64_t due() const { return order_.empty() ? kNever : order_.front().first; }
  uint32_t due_lane() const { return order_.empty() ? kNone : order_.front().second; }

 private:
  struct Slot {
    Item item{};
    uint32_t next = kNone;  // in its lane; free
  };
  struct Lane {
    Key key{};
    uint64_t hash = 0;
    uint32_t first = kNone, last = kNone, length = 0;
    uint32_t chain = kNone;  // with an equal hash; free
    uint32_t place = 0;      // in the order
  };

  // The order is a heap that knows where each lane is.
  void swap(uint32_t a, uint32_t b) {
    std::swap(order_[a], order_[b]);
    lanes_[order_[a].second].place = a;
    lanes_[order_[b].second].place = b;
  }
  void settle(uint32_t place) {
    rise(place);
    sink(place);
  }
  void rise(uint32_t place) {
    for (; place > 0 && order_[place].first < order_[(place - 1) / 2].first; place = (place - 1) / 2) {
      swap(place, (place - 1) / 2);
    }
  }
  void sink(uint32_t place) {
    for (uint32_t child = 2 * place + 1; child < order_.size(); child = 2 * place + 1) {
      if (child + 1 < order_.size() && order_[child + 1].first < order_[child].first) ++child;
      if (order_[place].first <= order_[child].first) return;
      swap(place, child);
      place = child;
    }
  }

  std::vector<Slot> slots_;
  std::vector<Lane> lanes_;
  std::vector<uint32_t> chains_;                      // heads, by hash
  std::vector<std::pair<uint64_t, uint32_t>> order_;  // due, lane
  uint32_t free_slot_ = kNone, free_lane_ = kNone;
  uint32_t length_ = 0;
};

}  // namespace clickup
