// Packets that wait for tokens: a lane a key, first in, first out; the lanes in the order in which their first packets will
// conform. Packets are opaque here.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "elements/TokenBuckets/bucket_kernel.hh"

namespace clickup {

template <class Item>
class ShapeLanes {
 public:
  struct Waiting {
    uint64_t arrival;
    Item item;
  };
  static constexpr uint64_t kNever = BucketKernel::kNever;

  explicit ShapeLanes(BucketKernel& kernel) : kernel_(kernel) {}

  // Makes room for `packets`; once, while it is empty.
  void reserve(uint32_t packets) {
    slots_.resize(packets);
    lanes_.resize(packets);
    for (uint32_t i = 0; i < packets; ++i) slots_[i].next = lanes_[i].chain = i + 1 < packets ? i + 1 : kNone;
    free_slot_ = free_lane_ = packets ? 0 : kNone;
    uint32_t chains = 16;
    while (chains < packets) chains *= 2;
    chains_.assign(chains, kNone);
    order_.reserve(packets);
  }

  uint32_t length() const { return length_; }
  uint32_t keys() const { return uint32_t(order_.size()); }
  uint32_t waiting(const BucketPacket& key) const {
    uint32_t lane = find(key);
    return lane == kNone ? 0 : lanes_[lane].length;
  }
  // When the next packet may conform.
  uint64_t due() const { return order_.empty() ? kNever : order_.front().first; }
  // Looks at every lane again: the limit has changed.
  void hurry() {
    for (auto& entry : order_) entry.first = 0;
  }

  // Behind those of its key that wait already; when none does, tokens for it were asked for before. False when there is no
  // room.
  bool add(const BucketPacket& key, Item item, uint32_t bytes, uint64_t now) {
    if (free_slot_ == kNone) return false;
    uint32_t slot = std::exchange(free_slot_, slots_[free_slot_].next), lane = find(key);
    slots_[slot] = {item, arrivals_++, bytes, kNone};
    if (lane == kNone) {
      lane = open(key, slot);
      push(lane, ready(lane, now, false));
    } else {
      slots_[lanes_[lane].last].next = slot;
      lanes_[lane].last = slot;
    }
    ++lanes_[lane].length;
    ++length_;
    return true;
  }

  // Takes the next packet for which there are tokens into `item`. False when none conforms at `now`.
  bool next(uint64_t now, Item& item) {
    while (due() <= now) {
      uint32_t lane = pop();
      const Slot& first = slots_[lanes_[lane].first];
      bool conforms = kernel_.take(lanes_[lane].key, first.bytes, now);
      if (conforms) {
        item = first.item;
        take_first(lane);
      }
      if (lanes_[lane].length == 0) {
        close(lane);
      } else {
        push(lane, ready(lane, now, conforms));
      }
      if (conforms) return true;
    }
    return false;
  }

  // Empties it: everything that waits, in order of arrival.
  std::vector<Waiting> take_all() {
    std::vector<Waiting> all;
    while (!order_.empty()) {
      uint32_t lane = pop();
      for (; lanes_[lane].length > 0; take_first(lane)) {
        const Slot& first = slots_[lanes_[lane].first];
        all.push_back({first.arrival, first.item});
      }
      close(lane);
    }
    std::sort(all.begin(), all.end(), [](const Waiting& a, const Waiting& b) { return a.arrival < b.arrival; });
    return all;
  }

 private:
  static constexpr uint32_t kNone = ~0u;
  static constexpr uint64_t kAgain = 1'000'000;  // ns; for a key that finds no room in the table of buckets

  struct Slot {
    Item item {};
    uint64_t arrival = 0;
    uint32_t bytes = 0;
    uint32_t next = kNone;  // in its lane; free
  };
  struct Lane {
    BucketPacket key;
    uint32_t first = kNone, last = kNone, length = 0;
    uint32_t chain = kNone;  // with equal hash; free
  };
  using Due = std::pair<uint64_t, uint32_t>;  // and its lane

  uint32_t& chain(const BucketPacket& key) { return chains_[key.hash & (chains_.size() - 1)]; }
  uint32_t find(const BucketPacket& key) const {
    uint32_t lane = chains_[key.hash & (chains_.size() - 1)];
    while (lane != kNone && std::memcmp(&lanes_[lane].key.key, &key.key, Bucket::kKeySize) != 0) lane = lanes_[lane].chain;
    return lane;
  }
  uint32_t open(const BucketPacket& key, uint32_t slot) {
    uint32_t lane = std::exchange(free_lane_, lanes_[free_lane_].chain);
    lanes_[lane] = {key, slot, slot, 0, std::exchange(chain(key), lane)};
    return lane;
  }
  void close(uint32_t lane) {
    uint32_t* link = &chain(lanes_[lane].key);
    while (*link != lane) link = &lanes_[*link].chain;
    *link = lanes_[lane].chain;
    lanes_[lane].chain = std::exchange(free_lane_, lane);
  }
  void take_first(uint32_t lane) {
    uint32_t slot = lanes_[lane].first;
    lanes_[lane].first = slots_[slot].next;
    --lanes_[lane].length;
    --length_;
    slots_[slot].next = std::exchange(free_slot_, slot);
  }

  // When to look at a lane; `at_once` is a moment too when something may have been taken at the last look.
  uint64_t ready(uint32_t lane, uint64_t now, bool at_once) const {
    uint64_t ready = kernel_.ready_at(lanes_[lane].key, slots_[lanes_[lane].first].bytes, now);
    return ready > now || at_once ? ready : now + kAgain;
  }
  void push(uint32_t lane, uint64_t due) {
    order_.emplace_back(due, lane);
    std::push_heap(order_.begin(), order_.end(), std::greater<Due>());
  }
  uint32_t pop() {
    std::pop_heap(order_.begin(), order_.end(), std::greater<Due>());
    uint32_t lane = order_.back().second;
    order_.pop_back();
    return lane;
  }

  BucketKernel& kernel_;
  std::vector<Slot> slots_;
  std::vector<Lane> lanes_;
  std::vector<uint32_t> chains_;  // heads, by hash
  std::vector<Due> order_;        // a heap
  uint32_t free_slot_ = kNone, free_lane_ = kNone;
  uint32_t length_ = 0;
  uint64_t arrivals_ = 0;
};

}  // namespace clickup
