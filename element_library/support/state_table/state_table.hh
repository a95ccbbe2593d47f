// A typed hash table in memory that several processes map: one writes, the others read (state_reader.hh), and the next
// writer goes on where the last one stopped, even when that one was killed in the middle of a write.
//
// Constant cost for each call, except resume after a crash: one pass over the records ever used.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <array>

#include "support/state_table/state_records.hh"

namespace clickup {

struct StateRecovery {
  bool rebuilt = false;    // the last writer did not pause: index, free list and count come from the records
  uint32_t kept = 0;       // records
  uint32_t discarded = 0;  // records that were being written when it died
};

template <class Layout>
class StateTable : public StateRecords<Layout> {
  using Records = StateRecords<Layout>;
  using Records::buckets_, Records::header_, Records::record, Records::store, Records::clear, Records::add;

 public:
  static constexpr uint32_t kNone = ~0u;
  static constexpr uint32_t kProbeWindow = 64;  // records looked at for one to replace when the table is full
  using Records::at, Records::used;

  // This process writes from now on. After a writer that did not pause, everything derived is rebuilt.
  StateRecovery resume() {
    StateRecovery recovery;
    if (!header_->clean) recovery = rebuild();
    store_shared(header_->clean, 0u);
    store_shared(header_->writer_pid, uint32_t(getpid()));
    store_shared(header_->generation, header_->generation + 1);
    store_fence();
    return recovery;
  }
  // This process stops writing; the next one finds everything consistent.
  void pause() { __atomic_store_n(&header_->clean, 1u, __ATOMIC_RELEASE); }

  uint64_t hash(const Layout& key) const { return hash_key<Layout::kKeySize>(&key, header_->hash_seed); }
  // For batches: first the bucket of every packet, then the record it leads to, then find.
  void prefetch_bucket(uint64_t hash) const { __builtin_prefetch(bucket(hash)); }
  void prefetch_record(uint64_t hash) const {
    uint32_t link = *bucket(hash);
    if (!link) return;
    // A load, because a prefetch instruction gives up when the page's translation is missing; nothing waits for it.
    const RecordHeader& head = record(link - 1);
    static_cast<void>(*static_cast<const volatile uint32_t*>(&head.hash));
    __builtin_prefetch(reinterpret_cast<const uint8_t*>(&head) + 64);
  }

  // Index of the record with this key, kNone when there is none or its deadline has passed.
  uint32_t find(const Layout& key, uint64_t hash, uint64_t now) const {
    uint32_t index = locate(key, hash);
    return index != kNone && record(index).deadline > now ? index : kNone;
  }

  // Stores a new value for a record found before; its key must be the same.
  void write(uint32_t index, const Layout& value, uint64_t deadline) {
    if (record(index).deadline == deadline && std::memcmp(&at(index), &value, sizeof value) == 0) return;
    store(index, value, deadline, record(index).hash);
  }

  // Adds a record whose key `find` did not find. In a full table it takes the place of an expired record, else of the
  // record nearest to its deadline that `assured(const Layout&)` denies, both within kProbeWindow records; kNone (and
  // counted as refused) when all of them are assured.
  template <class Assured>
  uint32_t insert(const Layout& value, uint64_t hash, uint64_t deadline, uint64_t now, const Assured& assured) {
    if (uint32_t old = locate(value, hash); old != kNone) {
      erase(old);
      add(header_->expired, 1);
    }
    uint32_t index = allocate(now, assured);
    if (index == kNone) {
      add(header_->refused, 1);
      return kNone;
    }
    store(index, value, deadline, uint32_t(hash));
    uint32_t* head = bucket(hash);
    store_shared(record(index).link, *head);
    store_shared(*head, index + 1);
    store_shared(header_->count, header_->count + 1);
    return index;
  }

  void erase(uint32_t index) {
    unlink(index);
    clear(index);
    store_shared(record(index).link, header_->free_head);
    store_shared(header_->free_head, index + 1);
    store_shared(header_->count, header_->count - 1);
  }
  void erase_all() {
    for (uint32_t index = 0; index < header_->fresh; ++index) {
      if (used(index)) erase(index);
    }
  }
  // Erases expired records among the next `budget` ones, going round the table; returns how many.
  uint32_t expire(uint64_t now, uint32_t budget) {
    uint32_t erased = 0;
    for (uint32_t left = std::min(budget, header_->fresh); left > 0; --left) {
      if (hand_ >= header_->fresh) hand_ = 0;
      uint32_t index = hand_++;
      if (!used(index) || record(index).deadline > now) continue;
      erase(index);
      ++erased;
    }
    if (erased) add(header_->expired, erased);
    return erased;
  }

 private:
  // The high half picks the bucket, the low half is kept in the record and tells most other keys apart.
  uint32_t* bucket(uint64_t hash) const { return buckets_ + ((hash >> 32) & (header_->bucket_count - 1)); }

  uint32_t locate(const Layout& key, uint64_t hash) const {
    for (uint32_t link = *bucket(hash); link; link = record(link - 1).link) {
      if (record(link - 1).hash != uint32_t(hash)) continue;
      if (std::memcmp(&at(link - 1), &key, Layout::kKeySize) == 0) return link - 1;
    }
    return kNone;
  }

  void unlink(uint32_t index) {
    uint32_t* link = bucket(hash(at(index)));
    while (*link != index + 1) link = &record(*link - 1).link;
    store_shared(*link, record(index).link);
  }

  template <class Assured>
  uint32_t allocate(uint64_t now, const Assured& assured) {
    if (!header_->free_head) {
      if (header_->fresh < header_->capacity) {
        store_shared(header_->fresh, header_->fresh + 1);
        return header_->fresh - 1;
      }
      if (!make_room(now, assured)) return kNone;
    }
    uint32_t index = header_->free_head - 1;
    store_shared(header_->free_head, record(index).link);
    return index;
  }

  template <class Assured>
  bool make_room(uint64_t now, const Assured& assured) {
    uint32_t nearest = kNone;
    for (uint32_t left = std::min(kProbeWindow, header_->capacity); left > 0; --left) {
      if (probe_ >= header_->capacity) probe_ = 0;
      uint32_t index = probe_++;
      if (record(index).deadline <= now) {
        erase(index);
        add(header_->expired, 1);
        return true;
      }
      if (nearest != kNone && record(index).deadline >= record(nearest).deadline) continue;
      if (!assured(at(index))) nearest = index;
    }
    if (nearest == kNone) return false;
    erase(nearest);
    add(header_->evicted, 1);
    return true;
  }

  StateRecovery rebuild() {
    StateRecovery recovery {true, 0, 0};
    std::fill_n(buckets_, header_->bucket_count, 0u);
    store_shared(header_->free_head, 0u);
    store_shared(header_->fresh, std::min(header_->fresh, header_->capacity));
    for (uint32_t first = 0; first < header_->fresh; first += kRecordsPerBlock) {
      rebuild_block(first, std::min(first + kRecordsPerBlock, header_->fresh), recovery);
    }
    store_shared(header_->count, recovery.kept);
    add(header_->recovered, 1);
    add(header_->discarded, recovery.discarded);
    return recovery;
  }
  // Two passes, so that the buckets of a block, far apart from each other, are loaded at the same time.
  void rebuild_block(uint32_t first, uint32_t end, StateRecovery& recovery) {
    std::array<uint64_t, kRecordsPerBlock> hashes;
    for (uint32_t index = first; index < end; ++index) {
      hashes[index - first] = hash(at(index));
      prefetch_bucket(hashes[index - first]);
    }
    for (uint32_t index = first; index < end; ++index) link_again(index, hashes[index - first], recovery);
  }
  void link_again(uint32_t index, uint64_t hash, StateRecovery& recovery) {
    bool torn = record(index).sequence & 1;
    if (torn || (used(index) && (uint32_t(hash) != record(index).hash || locate(at(index), hash) != kNone))) {
      clear(index);
      ++recovery.discarded;
    }
    uint32_t& head = used(index) ? *bucket(hash) : header_->free_head;
    recovery.kept += used(index);
    record(index).link = head;
    head = index + 1;
  }

  uint32_t hand_ = 0;   // where expiry goes on
  uint32_t probe_ = 0;  // where the search for room goes on
};

}  // namespace clickup
