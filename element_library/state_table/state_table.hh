// A typed hash table in memory that several processes map: one writes, the others read (state_reader.hh), and the next
// writer goes on where the last one stopped, even when that one was killed in the middle of a write.
//
// Constant cost for each call, except resume after a crash: one pass over the records ever used.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "state_table/state_index.hh"
#include "state_table/state_records.hh"

namespace clickup {

struct StateRecovery {
  bool rebuilt = false;   // the last writer did not pause: index, free list and count come from the records
  bool imported = false;  // the records come from a file: the same, but nothing is torn
  bool apart = false;  // other tables of the state may tell of another moment: whoever derives one from another checks
  uint32_t kept = 0;   // records
  uint32_t discarded = 0;  // records that were being written when it died; imported ones whose key was there before
};

template <class Layout>
class StateTable : public StateRecords<Layout> {
  using Records = StateRecords<Layout>;
  using Records::add, Records::next_free, Records::map_records;
  using Records::header_, Records::deadlines_, Records::record, Records::store, Records::clear, Records::retag;

 public:
  static constexpr uint32_t kNone = ~0u;
  static constexpr uint32_t kProbeWindow = 64;  // records looked at for one to replace when the table is full
  using Records::at, Records::used;

  // As StateRecords::attach.
  std::string attach(void* memory, size_t size, uint32_t capacity, std::string_view name) {
    std::string error = Records::attach(memory, size, capacity, name);
    if (error.empty()) index_.attach(*header_, memory);
    return error;
  }
  // Computes the index of imported records, which nobody writes yet, so that resume does not have to.
  StateRecovery settle() {
    if (__atomic_load_n(&header_->clean, __ATOMIC_ACQUIRE) != kStateImported) return {};
    StateRecovery recovery = rebuild(true);
    pause_apart();
    return recovery;
  }
  // This process writes from now on. After a writer that did not pause, everything derived is rebuilt.
  StateRecovery resume() {
    StateRecovery recovery;
    uint32_t clean = header_->clean;
    if (clean != kStatePaused && clean != kStateApart) recovery = rebuild(clean == kStateImported);
    recovery.apart = clean != kStatePaused;
    store_shared(header_->clean, kStateTorn);
    store_shared(header_->writer_pid, uint32_t(getpid()));
    store_shared(header_->generation, header_->generation + 1);
    store_fence();
    index_.look_again();
    return recovery;
  }
  // This process stops writing; the next one finds everything consistent.
  void pause() { __atomic_store_n(&header_->clean, kStatePaused, __ATOMIC_RELEASE); }
  // The same of this table; of the others of its state nothing is said.
  void pause_apart() { __atomic_store_n(&header_->clean, kStateApart, __ATOMIC_RELEASE); }

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

  uint64_t hash(const Layout& key) const { return hash_key<Layout::kKeySize>(&key, header_->hash_seed); }
  // For batches: first the bucket of every packet, then the record it leads to, then find.
  void prefetch_bucket(uint64_t hash) const { index_.prefetch(state_tag(hash)); }
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

  uint32_t locate(const Layout& key, uint64_t hash) const {
    return index_.find(state_tag(hash),
                       [this, &key](uint32_t index) { return std::memcmp(&at(index), &key, Layout::kKeySize) == 0; });
  }

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

  void release(uint32_t index) {
    clear(index, header_->free_head);
    store_shared(header_->free_head, index + 1);
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

  StateRecovery rebuild(bool imported) {
    StateRecovery recovery{!imported, imported, true, 0, 0};
    store_shared(header_->free_head, 0u);
    store_shared(header_->count, 0u);
    store_shared(header_->fresh, std::min(header_->fresh, header_->capacity));
    index_.clear(header_->fresh);
    for (uint32_t first = 0; first < header_->fresh; first += kRecordsPerBlock) {
      rebuild_block(first, std::min(first + kRecordsPerBlock, header_->fresh), recovery);
    }
    store_shared(header_->count, recovery.kept);
    add(header_->recovered, !imported);
    add(header_->discarded, recovery.discarded);
    return recovery;
  }
  // Two passes, so that the slots of a block, far apart from each other, are loaded at the same time.
  void rebuild_block(uint32_t first, uint32_t end, StateRecovery& recovery) {
    std::array<uint64_t, kRecordsPerBlock> hashes;
    for (uint32_t index = first; index < end; ++index) {
      hashes[index - first] = hash(at(index));
      prefetch_bucket(hashes[index - first]);
    }
    for (uint32_t index = first; index < end; ++index) enter_again(index, hashes[index - first], recovery);
  }
  void enter_again(uint32_t index, uint64_t hash, StateRecovery& recovery) {
    uint32_t tag = state_tag(hash);
    bool torn = record(index).sequence & 1;
    bool whole = !torn && used(index) && (recovery.imported || record(index).tag == tag) &&
                 locate(at(index), hash) == kNone && index_.insert(tag, index);
    recovery.kept += whole;
    recovery.discarded += !whole && (torn || used(index));
    if (!whole) return release(index);
    if (recovery.imported) import_record(index, tag);
  }
  // A class whose records are behind the world when they come from a file declares restored(Layout&) beside them.
  void import_record(uint32_t index, uint32_t tag) {
    if constexpr (requires(Layout& record) { restored(record); }) {
      Layout value = at(index);
      restored(value);
      store(index, value, deadlines_[index], tag);
    } else {
      retag(index, tag);
    }
  }

  StateIndex index_;
  uint32_t hand_ = 0;        // where expiry goes on
  uint32_t probe_ = 0;       // where the search for room goes on
  uint32_t reserved_ = 0;    // records whose memory is mapped
  uint32_t seen_fresh_ = 0;  // `fresh` when reserve() was called last
};

}  // namespace clickup
