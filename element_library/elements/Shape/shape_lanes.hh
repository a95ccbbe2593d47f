// Packets that wait for tokens: a lane a key, the lanes in the order in which their first packets will conform. Packets
// are opaque here.
#pragma once

#include <algorithm>
#include <vector>

#include "elements/TokenBuckets/bucket_kernel.hh"
#include "support/lanes/lanes.hh"

namespace clickup {

template <class Item>
class ShapeLanes {
 public:
  struct Waiting {
    Item item{};
    uint64_t arrival = 0;
    uint32_t bytes = 0;
  };

  explicit ShapeLanes(BucketKernel& kernel) : kernel_(kernel) {}

  void reserve(uint32_t packets) { lanes_.reserve(packets); }
  uint32_t length() const { return lanes_.length(); }
  uint32_t keys() const { return lanes_.count(); }
  uint32_t waiting(const BucketPacket& key) const {
    uint32_t lane = lanes_.find({key}, key.hash);
    return lane == kNone ? 0 : lanes_.length(lane);
  }
  // When the next packet may conform.
  uint64_t due() const { return lanes_.due(); }
  // The limit has changed: examines every lane again.
  void hurry() { lanes_.hurry(); }

  // Behind those of its key that wait already; when none does, tokens for it were asked for before. False when there is
  // no room.
  bool add(const BucketPacket& key, Item item, uint32_t bytes, uint64_t now) {
    uint32_t lane = lanes_.find({key}, key.hash);
    if (lane == kNone) lane = lanes_.open({key}, key.hash, ready(key, bytes, now, false));
    return lane != kNone && lanes_.append(lane, {item, arrivals_++, bytes});
  }

  // Takes the next packet for which there are tokens into `item`. False when none conforms at `now`.
  bool next(uint64_t now, Item& item) {
    while (lanes_.due() <= now) {
      uint32_t lane = lanes_.due_lane();
      const BucketPacket& key = lanes_.key(lane).packet;
      bool conforms = kernel_.take(key, lanes_.first(lane).bytes, now);
      if (conforms) item = lanes_.take_first(lane).item;
      if (lanes_.length(lane) == 0) {
        lanes_.close(lane);
      } else {
        lanes_.schedule(lane, ready(key, lanes_.first(lane).bytes, now, conforms));
      }
      if (conforms) return true;
    }
    return false;
  }

  // Empties it: everything that waits, in order of arrival.
  std::vector<Waiting> take_all() {
    std::vector<Waiting> all;
    for (uint32_t lane; (lane = lanes_.due_lane()) != kNone; lanes_.close(lane)) {
      while (lanes_.length(lane) > 0) all.push_back(lanes_.take_first(lane));
    }
    std::sort(all.begin(), all.end(), [](const Waiting& a, const Waiting& b) { return a.arrival < b.arrival; });
    return all;
  }

 private:
  static constexpr uint64_t kAgain = 1'000'000;  // ns; for a key that finds no room in the table of buckets

  struct Key {
    BucketPacket packet;
    bool operator==(const Key& other) const {
      return std::memcmp(&packet.key, &other.packet.key, Bucket::kKeySize) == 0;
    }
  };
  static constexpr uint32_t kNone = Lanes<Key, Waiting>::kNone;

  // When to examine a lane next; with `at_once`, that may be now, as something was taken at the last look.
  uint64_t ready(const BucketPacket& key, uint32_t bytes, uint64_t now, bool at_once) const {
    uint64_t ready = kernel_.ready_at(key, bytes, now);
    return ready > now || at_once ? ready : now + kAgain;
  }

  BucketKernel& kernel_;
  Lanes<Key, Waiting> lanes_;
  uint64_t arrivals_ = 0;
};

}  // namespace clickup
