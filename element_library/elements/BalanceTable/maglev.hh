// Consistent hashing as Maglev has it (Eisenbud et al., NSDI 2016, section 3.4): a table of backends in which each has
// a share by its weight, and in which few entries change when one backend comes or goes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace clickup {

struct MaglevBackend {
  uint64_t identity;  // a hash that names it, whatever its place in a list
  uint16_t number;    // what pick() returns
  uint32_t weight;    // at least 1; shares are in proportion

  bool operator==(const MaglevBackend&) const = default;
};

// The table, and the next one while it is being filled, a few steps at a time.
class MaglevTable {
 public:
  static constexpr uint32_t kNone = ~0u;
  static constexpr uint32_t kMostBackends = 1000;
  static constexpr uint32_t kMostWeight = 100;
  static constexpr uint32_t kSize = 65537;  // a prime; at least 65 entries a backend

  // Number of the backend for this hash, kNone when there is none; mostly another one for each `attempt`.
  uint32_t pick(uint64_t hash, uint32_t attempt = 0) const {
    uint32_t at = uint32_t((hash % kSize + attempt) % kSize);
    return entries_.empty() ? kNone : entries_[at];
  }

  // Starts to fill the next table; pick() keeps using the previous one.
  void begin(const std::vector<MaglevBackend>& backends) {
    turns_.clear();
    most_weight_ = 0;
    for (const MaglevBackend& backend : backends) {
      most_weight_ = std::max(most_weight_, backend.weight);
      turns_.push_back(turn_of(backend));
    }
    // Who comes first does not depend on the order of the list.
    for (Turn& turn : turns_) turn.credit = most_weight_ / 2;  // so that shares are rounded, not cut off
    auto before = [](const Turn& one, const Turn& other) { return one.identity < other.identity; };
    std::sort(turns_.begin(), turns_.end(), before);
    next_.assign(turns_.empty() ? 0 : kSize, kFree);
    filled_ = 0;
    turn_ = 0;
    filling_ = true;
  }
  bool filling() const { return filling_; }
  // Continues filling; true once the next table has replaced the previous one.
  bool fill(uint32_t steps) {
    while (filling_ && filled_ < next_.size()) {
      if (steps-- == 0) return false;
      step();
    }
    if (!filling_) return false;
    filling_ = false;
    entries_.swap(next_);
    return true;
  }

 private:
  static constexpr uint16_t kFree = 0xffff;

  struct Turn {
    uint64_t identity;
    uint32_t at, skip;  // its permutation of the entries: where it is, how far the next one lies
    uint32_t weight, credit;
    uint16_t backend;
  };

  static Turn turn_of(const MaglevBackend& backend) {
    uint32_t offset = uint32_t((backend.identity >> 32) * kSize >> 32);
    uint32_t skip = uint32_t((backend.identity & 0xffffffff) * (kSize - 1) >> 32) + 1;
    return {backend.identity, offset, skip, backend.weight, 0, backend.number};
  }

  // A turn of one backend, or the next look at its permutation. Backends of less weight sit out some turns.
  void step() {
    Turn& turn = turns_[turn_];
    if (turn.credit < most_weight_) turn.credit += turn.weight;
    if (turn.credit >= most_weight_) {
      uint16_t& entry = next_[turn.at];
      turn.at += turn.skip;
      if (turn.at >= kSize) turn.at -= kSize;
      if (entry != kFree) return;
      entry = turn.backend;
      turn.credit -= most_weight_;
      ++filled_;
    }
    if (++turn_ == turns_.size()) turn_ = 0;
  }

  std::vector<uint16_t> entries_, next_;
  std::vector<Turn> turns_;
  uint32_t most_weight_ = 0;
  uint32_t filled_ = 0, turn_ = 0;
  bool filling_ = false;
};

}  // namespace clickup
