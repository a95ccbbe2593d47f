// Records with an index by key, and their recovery after a writer's death or from a file.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "state_table/state_index.hh"
#include "state_table/state_records.hh"

namespace clickup {

struct StateRecovery {
  bool rebuilt = false;    // the last writer did not pause: index, free list and count come from the records
  bool imported = false;   // the records come from a file: the same, but nothing is torn
  bool apart = false;      // other tables of the state may be of another time: check what is derived from them
  uint32_t kept = 0;       // records
  uint32_t discarded = 0;  // records being written when the writer died; imported ones with a duplicate key
};

template <class Layout>
class IndexedRecords : public StateRecords<Layout> {
  using Records = StateRecords<Layout>;
  using Records::clear, Records::retag;

 public:
  static constexpr uint32_t kNone = ~0u;
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
  // The same for this table alone; others of its state may not be consistent with it.
  void pause_apart() { __atomic_store_n(&header_->clean, kStateApart, __ATOMIC_RELEASE); }

  uint64_t hash(const Layout& key) const { return hash_key<Layout::kKeySize>(&key, header_->hash_seed); }
  // For batches: first the bucket of every packet, then the record it leads to, then find.
  void prefetch_bucket(uint64_t hash) const { index_.prefetch(state_tag(hash)); }

 protected:
  using Records::add, Records::header_, Records::deadlines_, Records::record, Records::store;

  uint32_t locate(const Layout& key, uint64_t hash) const {
    return index_.find(state_tag(hash),
                       [this, &key](uint32_t index) { return std::memcmp(&at(index), &key, Layout::kKeySize) == 0; });
  }
  void release(uint32_t index) {
    clear(index, header_->free_head);
    store_shared(header_->free_head, index + 1);
  }

  StateIndex index_;

 private:
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
  // A class whose records are out of date when restored from a file declares restored(Layout&) beside them.
  void import_record(uint32_t index, uint32_t tag) {
    if constexpr (requires(Layout& record) { restored(record); }) {
      Layout value = at(index);
      restored(value);
      store(index, value, deadlines_[index], tag);
    } else {
      retag(index, tag);
    }
  }
};

}  // namespace clickup
