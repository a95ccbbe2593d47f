// How a state table lies in memory: header page, layout descriptor, dirty epochs, index, deadlines, records. Offsets
// and indices only, so that every process may map it anywhere; all-zero memory behind the header is an empty table.
// Pages are allocated as they are written: the sizes below are of address space, not memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace clickup {

inline constexpr uint64_t kStateMagic = 0x656c626174534b43;  // "CKStable" in memory
inline constexpr uint32_t kStateFormat = 2;                  // this file's layout and hash function
inline constexpr uint32_t kStateHeaderBytes = 4096;
inline constexpr uint32_t kRecordsPerBlock = 64;  // unit of the dirty epochs
inline constexpr uint32_t kMinCapacity = 16;
inline constexpr uint32_t kMaxCapacity = 4'000'000;
inline constexpr uint32_t kMostClockFields = 14;

// Values of StateHeader::clean.
inline constexpr uint32_t kStateTorn = 0;      // a writer is active, or died
inline constexpr uint32_t kStatePaused = 1;    // index, tags and records agree
inline constexpr uint32_t kStateImported = 2;  // records are whole; index and tags are still to be computed
inline constexpr uint32_t kStateApart = 3;     // as paused, but other tables of the state may be of another time

struct StateHeader {
  uint64_t magic;  // written last: a header without it was never finished
  uint32_t format;
  uint32_t layout_version;
  uint64_t layout_hash;
  uint64_t total_bytes;
  uint32_t record_size;  // from one record to the next
  uint32_t value_size;   // key and value: what the layout describes
  uint32_t key_size;
  uint32_t capacity;
  uint64_t hash_seed;  // in the table, because every worker must find what another one stored
  uint64_t descriptor_offset, descriptor_length;
  uint64_t dirty_offset, index_offset, deadline_offset, record_offset;
  char name[64];
  uint32_t clock_field_count;
  uint16_t clock_fields[kMostClockFields];  // offsets in the value of u64 that count CLOCK_BOOTTIME nanoseconds
  // Below: written by the worker that forwards, read by everybody.
  uint32_t count;      // live records
  uint32_t fresh;      // records from here on were never used
  uint32_t free_head;  // record + 1, linked through the deadlines
  uint32_t clean;
  uint32_t writer_pid;
  uint32_t generation;   // writers so far
  uint32_t dirty_epoch;  // raised by readers, each with one atomic addition
  uint32_t index_bits;   // the index in use has 2^index_bits slots
  uint32_t index_grows;  // 1: it is being moved into the next larger one,
  uint32_t index_moved;  // of which slots below this one are done
  uint64_t evicted, refused, expired, recovered, discarded;
};
static_assert(sizeof(StateHeader) <= kStateHeaderBytes);

struct RecordHeader {
  uint32_t sequence;  // odd while the record is being written
  uint32_t tag;       // 0: free; else state_tag of the key's hash
};
static_assert(sizeof(RecordHeader) == 8);

// The deadline of a free record links the free list; with this bit it lies beyond every time that expiry compares with.
inline constexpr uint64_t kFreeDeadline = uint64_t(1) << 63;

// Access to fields that another process may read; builtins, because not every C++20 library has std::atomic_ref.
template <class T>
inline T load_shared(const T& field) {
  return __atomic_load_n(&field, __ATOMIC_RELAXED);
}
template <class T>
inline void store_shared(T& field, T value) {
  __atomic_store_n(&field, value, __ATOMIC_RELAXED);
}
inline void store_fence() { __atomic_thread_fence(__ATOMIC_RELEASE); }

// The index is one of several arrays of growing size, of which at most two hold entries (state_index.hh). A slot has a
// record's tag in its upper half and the record + 1 in its lower one; spare slots for collisions follow the last one.
namespace state_index {
inline constexpr uint32_t kLeastBits = 9;  // an array fills whole pages
inline constexpr uint32_t kSpareSlots = 512;

constexpr uint64_t first_slot(uint32_t bits) {
  return (uint64_t(1) << bits) - (uint64_t(1) << kLeastBits) + uint64_t(bits - kLeastBits) * kSpareSlots;
}
// Enough for the index to be at most half full.
constexpr uint32_t bits_for(uint32_t records) {
  uint32_t bits = kLeastBits;
  while ((uint64_t(1) << bits) < 2 * uint64_t(records)) ++bits;
  return bits;
}
}  // namespace state_index

struct StateGeometry {
  uint64_t descriptor_offset, dirty_offset, index_offset, deadline_offset, record_offset, total_bytes;
  uint32_t record_size;

  static constexpr uint64_t page(uint64_t bytes) { return (bytes + 4095) & ~uint64_t(4095); }
  // A record lies in as few cache lines as its size allows.
  static constexpr uint32_t stride(uint32_t value_size) {
    constexpr uint32_t kLine = 64;
    uint32_t bytes = uint32_t(sizeof(RecordHeader)) + value_size, power = sizeof(RecordHeader);
    if (bytes > kLine) return (bytes + kLine - 1) / kLine * kLine;
    while (power < bytes) power *= 2;
    return power;
  }
  static constexpr StateGeometry of(uint32_t capacity, uint32_t value_size, uint64_t descriptor_length) {
    StateGeometry geometry{};
    geometry.record_size = stride(value_size);
    geometry.descriptor_offset = kStateHeaderBytes;
    geometry.dirty_offset = geometry.descriptor_offset + page(descriptor_length);
    uint64_t blocks = (uint64_t(capacity) + kRecordsPerBlock - 1) / kRecordsPerBlock;
    geometry.index_offset = geometry.dirty_offset + page(blocks * sizeof(uint32_t));
    uint64_t slots = state_index::first_slot(state_index::bits_for(capacity) + 1);
    geometry.deadline_offset = geometry.index_offset + page(slots * sizeof(uint64_t));
    geometry.record_offset = geometry.deadline_offset + page(uint64_t(capacity) * sizeof(uint64_t));
    // Not rounded up: tables of different capacities differ in size, which is how a supervisor tells them apart.
    geometry.total_bytes = geometry.record_offset + uint64_t(capacity) * geometry.record_size;
    return geometry;
  }
};

}  // namespace clickup
