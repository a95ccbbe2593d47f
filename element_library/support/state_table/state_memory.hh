// How a state table lies in memory: header page, layout descriptor, dirty epochs, bucket index, records. Offsets and
// indices only, so that every process may map it anywhere; all-zero memory behind the header is an empty table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace clickup {

inline constexpr uint64_t kStateMagic = 0x656c626174534b43;  // "CKStable" in memory
inline constexpr uint32_t kStateFormat = 1;                  // this file's layout and hash function
inline constexpr uint32_t kStateHeaderBytes = 4096;
inline constexpr uint32_t kRecordsPerBlock = 64;  // unit of the dirty epochs
inline constexpr uint32_t kMinCapacity = 16;
inline constexpr uint32_t kMaxCapacity = 4'000'000;

struct StateHeader {
  uint64_t magic;  // written last: a header without it was never finished
  uint32_t format;
  uint32_t layout_version;
  uint64_t layout_hash;
  uint64_t total_bytes;
  uint32_t record_size;  // header of the record included
  uint32_t value_size;   // key and value: what the layout describes
  uint32_t capacity;
  uint32_t bucket_count;  // power of two
  uint64_t hash_seed;     // in the table, because every worker must find what another one stored
  uint64_t descriptor_offset, descriptor_length;
  uint64_t dirty_offset, bucket_offset, record_offset;
  char name[64];
  // Below: written by the worker that forwards, read by everybody.
  uint32_t count;       // live records
  uint32_t fresh;       // records from here on were never used
  uint32_t free_head;   // record + 1, linked through RecordHeader::link
  uint32_t clean;       // 1: the writer paused, index and records agree
  uint32_t writer_pid;
  uint32_t generation;  // writers so far
  uint32_t dirty_epoch;
  uint32_t reserved;
  uint64_t evicted, refused, expired, recovered, discarded;
};
static_assert(sizeof(StateHeader) <= kStateHeaderBytes);

inline constexpr uint32_t kRecordUsed = 1;

struct RecordHeader {
  uint32_t sequence;  // odd while the record is being written
  uint32_t link;      // next record + 1 in its bucket, or in the free list
  uint32_t flags;
  uint32_t hash;      // low half of the key's hash
  uint64_t deadline;  // CLOCK_BOOTTIME nanoseconds
};
static_assert(sizeof(RecordHeader) == 24);

// Fields that another process may read meanwhile; builtins, because not every C++20 library has std::atomic_ref.
template <class T>
inline T load_shared(const T& field) {
  return __atomic_load_n(&field, __ATOMIC_RELAXED);
}
template <class T>
inline void store_shared(T& field, T value) {
  __atomic_store_n(&field, value, __ATOMIC_RELAXED);
}
inline void store_fence() { __atomic_thread_fence(__ATOMIC_RELEASE); }

struct StateGeometry {
  uint32_t bucket_count;
  uint64_t descriptor_offset, dirty_offset, bucket_offset, record_offset, total_bytes;
  uint32_t record_size;

  static constexpr uint64_t page(uint64_t bytes) { return (bytes + 4095) & ~uint64_t(4095); }
  static constexpr StateGeometry of(uint32_t capacity, uint32_t value_size, uint64_t descriptor_length) {
    StateGeometry geometry {};
    geometry.bucket_count = kMinCapacity;
    while (geometry.bucket_count < capacity) geometry.bucket_count *= 2;
    geometry.record_size = uint32_t(sizeof(RecordHeader)) + value_size;
    geometry.descriptor_offset = kStateHeaderBytes;
    geometry.dirty_offset = geometry.descriptor_offset + page(descriptor_length);
    uint64_t blocks = (capacity + kRecordsPerBlock - 1) / kRecordsPerBlock;
    geometry.bucket_offset = geometry.dirty_offset + page(blocks * sizeof(uint32_t));
    geometry.record_offset = geometry.bucket_offset + page(uint64_t(geometry.bucket_count) * sizeof(uint32_t));
    geometry.total_bytes = geometry.record_offset + page(uint64_t(capacity) * geometry.record_size);
    return geometry;
  }
};

// Hash of a key's bytes, the same in every build and on every machine of this byte order: each 64-bit word goes through
// a full 64x64 multiplication, whose halves are folded; the seed keeps senders from choosing colliding keys.
inline uint64_t fold_multiply(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  Wide product = Wide(a) * b;
  return uint64_t(product) ^ uint64_t(product >> 64);
}

template <uint32_t size>
inline uint64_t hash_key(const void* key, uint64_t seed) {
  const auto* bytes = static_cast<const uint8_t*>(key);
  uint64_t hash = seed ^ (size * 0x9e3779b97f4a7c15u);
  for (uint32_t at = 0; at < size; at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes + at, size - at < 8 ? size - at : 8);
    hash = fold_multiply(hash ^ word, 0xd6e8feb86659fd93u) + seed;
  }
  return fold_multiply(hash, 0xa0761d6478bd642fu ^ seed);
}

}  // namespace clickup
