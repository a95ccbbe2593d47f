// The records of a state table: their memory, and writing them so that readers in other processes see whole ones.
#pragma once

#include <string>

#include "state_table/state_hash.hh"
#include "state_table/state_pages.hh"
#include "state_table/state_shape.hh"

namespace clickup {

// `Layout` is a struct generated from a manifest: standard layout, key fields first, kKeySize, kHash, kVersion,
// kDescriptor, kClockFields.
template <class Layout>
class StateRecords {
 public:
  static_assert(sizeof(Layout) % sizeof(uint64_t) == 0);

  static uint64_t bytes(uint32_t capacity) { return geometry(capacity).total_bytes; }

  // Takes memory of bytes(capacity), zero-filled or of an earlier worker that may still be writing: writes only a
  // missing header. Returns why the memory does not fit, empty on success.
  std::string attach(void* memory, size_t size, uint32_t capacity, std::string_view name) {
    StateGeometry wanted = geometry(capacity);
    if (size < wanted.total_bytes) {
      return "state table '" + std::string(name) + "' has " + std::to_string(size) + " bytes of memory, it needs " +
             std::to_string(wanted.total_bytes);
    }
    auto* base = static_cast<uint8_t*>(memory);
    header_ = static_cast<StateHeader*>(memory);
    if (header_->magic == 0) {
      write_state_header(memory, shape(capacity, name));
      finish_state_header(memory);
    }
    if (header_->magic != kStateMagic || header_->format != kStateFormat || header_->layout_hash != Layout::kHash ||
        header_->capacity != capacity || header_->record_size != kStride) {
      return "the memory of state table '" + std::string(name) + "' has another format, layout or capacity (version " +
             std::to_string(header_->layout_version) + ", " + std::to_string(header_->capacity) +
             " records): it cannot be adopted as it is";
    }
    dirty_ = reinterpret_cast<uint32_t*>(base + wanted.dirty_offset);
    deadlines_ = reinterpret_cast<uint64_t*>(base + wanted.deadline_offset);
    records_ = base + wanted.record_offset;
    return "";
  }

  const StateHeader& header() const { return *header_; }
  uint32_t count() const { return header_->count; }
  uint32_t fresh() const { return header_->fresh; }  // records from here on were never used
  bool used(uint32_t index) const { return record(index).tag != 0; }
  uint64_t deadline(uint32_t index) const { return deadlines_[index]; }
  const Layout& at(uint32_t index) const { return *reinterpret_cast<const Layout*>(&record(index) + 1); }

 protected:
  static constexpr uint32_t kStride = StateGeometry::stride(sizeof(Layout));

  RecordHeader& record(uint32_t index) const {
    return *reinterpret_cast<RecordHeader*>(records_ + uint64_t(index) * kStride);
  }
  static void add(uint64_t& counter, uint64_t more) { store_shared(counter, counter + more); }

  void store(uint32_t index, const Layout& value, uint64_t deadline, uint32_t tag) {
    RecordHeader& record = begin(index);
    store_shared(record.tag, tag);
    store_shared(deadlines_[index], deadline);
    const auto* from = reinterpret_cast<const Word*>(&value);
    auto* to = reinterpret_cast<Word*>(&record + 1);
#pragma GCC unroll 32
    for (size_t i = 0; i < sizeof(Layout) / sizeof(Word); ++i) __atomic_store_n(&to[i], from[i], __ATOMIC_RELAXED);
    end(record);
  }
  // `next`: record + 1, the free list's next.
  void clear(uint32_t index, uint32_t next) {
    RecordHeader& record = begin(index);
    store_shared(record.tag, 0u);
    store_shared(deadlines_[index], kFreeDeadline | next);
    end(record);
  }
  void retag(uint32_t index, uint32_t tag) {
    RecordHeader& record = begin(index);
    store_shared(record.tag, tag);
    end(record);
  }
  uint32_t next_free(uint32_t index) const { return uint32_t(deadlines_[index]); }

  void map_records(uint32_t first, uint32_t end) const {
    map_pages(&record(first), &record(end));
    map_pages(deadlines_ + first, deadlines_ + end);
    map_pages(dirty_ + first / kRecordsPerBlock, dirty_ + (end + kRecordsPerBlock - 1) / kRecordsPerBlock);
  }

  StateHeader* header_ = nullptr;
  uint64_t* deadlines_ = nullptr;

 private:
  using Word [[gnu::may_alias]] = uint64_t;

  static StateGeometry geometry(uint32_t capacity) { return state_geometry(shape(capacity, "")); }
  static StateShape shape(uint32_t capacity, std::string_view name) {
    StateShape shape;
    shape.name = name;
    shape.layout_version = Layout::kVersion;
    shape.layout_hash = Layout::kHash;
    shape.value_size = sizeof(Layout);
    shape.key_size = Layout::kKeySize;
    shape.capacity = capacity;
    shape.descriptor = Layout::kDescriptor;
    if constexpr (requires { Layout::kClockFields; }) shape.clock_fields = Layout::kClockFields;
    return shape;
  }

  // Between begin and end the sequence is odd; the epoch is stamped first, so that no change lacks a stamp.
  RecordHeader& begin(uint32_t index) {
    store_shared(dirty_[index / kRecordsPerBlock], load_shared(header_->dirty_epoch));
    RecordHeader& written = record(index);
    store_shared(written.sequence, written.sequence | 1);
    store_fence();
    return written;
  }
  static void end(RecordHeader& record) { __atomic_store_n(&record.sequence, record.sequence + 1, __ATOMIC_RELEASE); }

  uint32_t* dirty_ = nullptr;
  uint8_t* records_ = nullptr;
};

}  // namespace clickup
