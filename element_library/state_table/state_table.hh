// A typed hash table in memory that several processes map: one writes, the others read (state_reader.hh), and the next
// writer goes on where the last one stopped, even when that one was killed in the middle of a write.
//
// Constant cost for each call, except resume after a crash: one pass over the records ever used.
#pragma once

#include <algorithm>
#include <array>
#include <utility>

#include "state_table/indexed_records.hh"

namespace clickup {

template <class Layout>
class StateTable : public IndexedRecords<Layout> {
  using Records = IndexedRecords<Layout>;
  using Records::add, Records::next_free, Records::map_records, Records::record, Records::store;
  using Records::header_, Records::deadlines_, Records::index_, Records::locate, Records::release;

 public:
  using Records::kNone, Records::hash;
  static constexpr uint32_t kProbeWindow = 64;  // records looked at for one to replace when the table is full
  using Records::at, Records::used;

  // From a timer, and before the first record: maps the memory of the records to come, a bounded number a call.
  void reserve() {
    constexpr uint32_t kLeast = 1024, kMost = 8192;
    uint32_t fresh = header_->fresh, came = fresh > seen_fresh_ ? fresh - seen_fresh_ : 0;
    seen_fresh_ = fresh;
    reserved_ = std::max(reserved_, fresh);
    uint32_t wanted = std::min(header_->capacity, fresh + std::clamp(2 * came, kLeast, kMost));
    if (wanted > reserved_) map_records(reserved_, wanted);
    reserved_ = std::max(reserved_, wanted);
    index_.tend();
  }

  void prefetch_record(uint64_t hash) const {
    uint32_t index = index_.find(state_tag(hash), [](uint32_t) { return true; });
    if (index == kNone) return;
    const auto* at = reinterpret_cast<const uint8_t*>(&record(index));
    for (uint32_t line = 0; line < Records::kStride; line += 64) prefetch_line(at + line);
    prefetch_line(deadlines_ + index);
  }

  // Index of the record with this key, kNone when there is none or its deadline has passed.
  uint32_t find(const Layout& key, uint64_t hash, uint64_t now) const {
    uint32_t index = locate(key, hash);
    return index != kNone && deadlines_[index] > now ? index : kNone;
  }

  // Stores a new value for a record found before; its key must be the same.
  void write(uint32_t index, const Layout& value, uint64_t deadline) {
    if (deadlines_[index] == deadline && std::memcmp(&at(index), &value, sizeof value) == 0) return;
    store(index, value, deadline, record(index).tag);
  }

  // Adds a record whose key `find` did not find. In a full table it takes the place of an expired record, else of the
  // record nearest to its deadline that `assured(const Layout&)` denies, both within kProbeWindow records; kNone (and
  // counted as refused) when all of them are assured. `gone(const Layout&)` hears of each record that makes way.
  template <class Assured, class Gone>
  uint32_t insert(const Layout& value, uint64_t hash, uint64_t deadline, uint64_t now, const Assured& assured,
                  const Gone& gone) {
    if (uint32_t old = locate(value, hash); old != kNone) {
      drop(old, gone);
      add(header_->expired, 1);
    }
    uint32_t index = allocate(now, assured, gone);
    if (index == kNone || !index_.insert(state_tag(hash), index)) {
      if (index != kNone) release(index);
      add(header_->refused, 1);
      return kNone;
    }
    store(index, value, deadline, state_tag(hash));
    store_shared(header_->count, header_->count + 1);
    return index;
  }
  template <class Assured>
  uint32_t insert(const Layout& value, uint64_t hash, uint64_t deadline, uint64_t now, const Assured& assured) {
    return insert(value, hash, deadline, now, assured, kUnheard);
  }

  void erase(uint32_t index) {
    index_.erase(record(index).tag, index);
    release(index);
    store_shared(header_->count, header_->count - 1);
  }
  void erase_all() {
    for (uint32_t index = 0; index < header_->fresh; ++index) {
      if (used(index)) erase(index);
    }
  }
  // Erases expired records among the next `budget` ones, going round the table; returns how many. `gone(const Layout&)`
  // hears of each.
  template <class Gone>
  uint32_t expire(uint64_t now, uint32_t budget, const Gone& gone) {
    uint32_t erased = 0;
    for (uint32_t left = std::min(budget, header_->fresh); left > 0;) {
      if (hand_ >= header_->fresh) hand_ = 0;
      uint32_t end = hand_ + std::min({left, kRecordsPerBlock, header_->fresh - hand_});
      left -= end - hand_;
      erased += expire_block(now, std::exchange(hand_, end), end, gone);
    }
    if (erased) add(header_->expired, erased);
    return erased;
  }
  uint32_t expire(uint64_t now, uint32_t budget) { return expire(now, budget, kUnheard); }

 private:
  static constexpr auto kUnheard = [](const Layout&) {};

  template <class Gone>
  void drop(uint32_t index, const Gone& gone) {
    Layout value = at(index);
    erase(index);
    gone(value);
  }

  // Most blocks have none: their deadlines are all that is read.
  template <class Gone>
  uint32_t expire_block(uint64_t now, uint32_t first, uint32_t end, const Gone& gone) {
    std::array<uint32_t, kRecordsPerBlock> expired;
    uint32_t count = 0;
    for (uint32_t index = first; index < end; ++index) {
      expired[count] = index;
      count += deadlines_[index] <= now;
    }
    for (uint32_t i = 0; i < count; ++i) index_.prefetch(record(expired[i]).tag);
    for (uint32_t i = 0; i < count; ++i) drop(expired[i], gone);
    return count;
  }

  template <class Assured, class Gone>
  uint32_t allocate(uint64_t now, const Assured& assured, const Gone& gone) {
    if (!header_->free_head) {
      if (header_->fresh < header_->capacity) {
        uint32_t index = header_->fresh;
        store_shared(header_->fresh, index + 1);
        return index;
      }
      if (!make_room(now, assured, gone)) return kNone;
    }
    uint32_t index = header_->free_head - 1;
    store_shared(header_->free_head, next_free(index));
    return index;
  }

  template <class Assured, class Gone>
  bool make_room(uint64_t now, const Assured& assured, const Gone& gone) {
    uint32_t nearest = kNone;
    for (uint32_t left = std::min(kProbeWindow, header_->capacity); left > 0; --left) {
      if (probe_ >= header_->capacity) probe_ = 0;
      uint32_t index = probe_++;
      if (deadlines_[index] <= now) {
        drop(index, gone);
        add(header_->expired, 1);
        return true;
      }
      if (nearest != kNone && deadlines_[index] >= deadlines_[nearest]) continue;
      if (!assured(at(index))) nearest = index;
    }
    if (nearest == kNone) return false;
    drop(nearest, gone);
    add(header_->evicted, 1);
    return true;
  }

  uint32_t hand_ = 0;        // where expiry goes on
  uint32_t probe_ = 0;       // where the search for room goes on
  uint32_t reserved_ = 0;    // records whose memory is mapped
  uint32_t seen_fresh_ = 0;  // `fresh` when reserve() was called last
};

}  // namespace clickup
