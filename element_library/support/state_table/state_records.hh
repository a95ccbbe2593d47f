// The records of a state table: their memory, and writing them so that readers in other processes see whole ones.
#pragma once

#include <sys/random.h>

#include <string>

#include "support/state_table/state_memory.hh"

namespace clickup {

// `Layout` is a struct generated from a manifest: standard layout, key fields first, kKeySize, kHash, kVersion,
// kDescriptor.
template <class Layout>
class StateRecords {
 public:
  static_assert(sizeof(Layout) % sizeof(uint64_t) == 0);

  static uint64_t bytes(uint32_t capacity) { return geometry(capacity).total_bytes; }

  // Takes memory of bytes(capacity), zero-filled or of an earlier worker that may still be writing: nothing but a
  // missing header is written. Returns why the memory does not fit, empty on success.
  std::string attach(void* memory, size_t size, uint32_t capacity, std::string_view name) {
    StateGeometry wanted = geometry(capacity);
    if (size < wanted.total_bytes) {
      return "state table '" + std::string(name) + "' has " + std::to_string(size) + " bytes of memory, it needs " +
             std::to_string(wanted.total_bytes);
    }
    base_ = static_cast<uint8_t*>(memory);
    header_ = static_cast<StateHeader*>(memory);
    if (header_->magic == 0) create(wanted, capacity, name);
    if (header_->magic != kStateMagic || header_->format != kStateFormat || header_->layout_hash != Layout::kHash ||
        header_->capacity != capacity || header_->record_size != wanted.record_size) {
      return "the memory of state table '" + std::string(name) + "' has another format, layout or capacity (version " +
             std::to_string(header_->layout_version) + ", " + std::to_string(header_->capacity) +
             " records): it cannot be adopted as it is";
    }
    dirty_ = reinterpret_cast<uint32_t*>(base_ + wanted.dirty_offset);
    buckets_ = reinterpret_cast<uint32_t*>(base_ + wanted.bucket_offset);
    records_ = base_ + wanted.record_offset;
    return "";
  }

  const StateHeader& header() const { return *header_; }
  uint32_t count() const { return header_->count; }
  uint32_t fresh() const { return header_->fresh; }  // records from here on were never used
  bool used(uint32_t index) const { return record(index).flags & kRecordUsed; }
  uint64_t deadline(uint32_t index) const { return record(index).deadline; }
  const Layout& at(uint32_t index) const { return *reinterpret_cast<const Layout*>(&record(index) + 1); }

 protected:
  RecordHeader& record(uint32_t index) const {
    return *reinterpret_cast<RecordHeader*>(records_ + uint64_t(index) * kRecordSize);
  }
  static void add(uint64_t& counter, uint64_t more) { store_shared(counter, counter + more); }

  void store(uint32_t index, const Layout& value, uint64_t deadline, uint32_t hash) {
    RecordHeader& record = begin(index);
    store_shared(record.flags, kRecordUsed);
    store_shared(record.hash, hash);
    store_shared(record.deadline, deadline);
    const auto* from = reinterpret_cast<const Word*>(&value);
    auto* to = reinterpret_cast<Word*>(&record + 1);
    for (size_t i = 0; i < sizeof(Layout) / sizeof(Word); ++i) __atomic_store_n(&to[i], from[i], __ATOMIC_RELAXED);
    end(record);
  }
  void clear(uint32_t index) {
    RecordHeader& record = begin(index);
    store_shared(record.flags, 0u);
    end(record);
  }

  StateHeader* header_ = nullptr;
  uint32_t* buckets_ = nullptr;

 private:
  static constexpr uint32_t kRecordSize = sizeof(RecordHeader) + sizeof(Layout);
  using Word [[gnu::may_alias]] = uint64_t;

  static StateGeometry geometry(uint32_t capacity) {
    return StateGeometry::of(capacity, sizeof(Layout), Layout::kDescriptor.size());
  }

  void create(const StateGeometry& wanted, uint32_t capacity, std::string_view name) {
    StateHeader header {};
    header.format = kStateFormat;
    header.layout_version = Layout::kVersion;
    header.layout_hash = Layout::kHash;
    header.total_bytes = wanted.total_bytes;
    header.record_size = wanted.record_size;
    header.value_size = sizeof(Layout);
    header.capacity = capacity;
    header.bucket_count = wanted.bucket_count;
    if (getrandom(&header.hash_seed, sizeof header.hash_seed, GRND_NONBLOCK) < 0) header.hash_seed = kStateMagic;
    header.descriptor_offset = wanted.descriptor_offset;
    header.descriptor_length = Layout::kDescriptor.size();
    header.dirty_offset = wanted.dirty_offset;
    header.bucket_offset = wanted.bucket_offset;
    header.record_offset = wanted.record_offset;
    name.copy(header.name, sizeof header.name - 1);
    header.clean = 1;
    header.dirty_epoch = 1;
    std::memcpy(header_, &header, sizeof header);
    std::memcpy(base_ + wanted.descriptor_offset, Layout::kDescriptor.data(), Layout::kDescriptor.size());
    __atomic_store_n(&header_->magic, kStateMagic, __ATOMIC_RELEASE);
  }

  // Between begin and end the sequence is odd; the epoch is stamped first, so that no change goes without a stamp.
  RecordHeader& begin(uint32_t index) {
    store_shared(dirty_[index / kRecordsPerBlock], load_shared(header_->dirty_epoch));
    RecordHeader& written = record(index);
    store_shared(written.sequence, written.sequence | 1);
    store_fence();
    return written;
  }
  static void end(RecordHeader& record) { __atomic_store_n(&record.sequence, record.sequence + 1, __ATOMIC_RELEASE); }

  uint8_t* base_ = nullptr;
  uint32_t* dirty_ = nullptr;
  uint8_t* records_ = nullptr;
};

}  // namespace clickup
