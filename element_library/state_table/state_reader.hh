// Reads a state table of any layout from another process while its writer goes on writing.
#pragma once

#include <string>
#include <vector>

#include "state_table/state_memory.hh"

namespace clickup {

struct StateRecord {
  uint64_t deadline = 0;
  std::vector<uint64_t> words;  // key and value as the descriptor lays them out

  const uint8_t* bytes() const { return reinterpret_cast<const uint8_t*>(words.data()); }
};

class StateReader {
 public:
  // Takes memory that the caller keeps mapped; returns why it is no readable table, empty on success.
  std::string attach(const void* memory, size_t bytes) {
    const auto* header = static_cast<const StateHeader*>(memory);
    if (bytes < kStateHeaderBytes || header->magic != kStateMagic) return "no state table: the magic number is missing";
    if (header->format != kStateFormat) {
      return "state table '" + std::string(header->name) + "' has format " + std::to_string(header->format) +
             ", this program reads format " + std::to_string(kStateFormat);
    }
    if (header->capacity > kMaxCapacity || !fits(*header, bytes)) {
      return "state table '" + std::string(header->name) + "' is damaged: its sizes contradict each other";
    }
    header_ = header;
    base_ = static_cast<const uint8_t*>(memory);
    return "";
  }

  const StateHeader& header() const { return *header_; }
  std::string_view descriptor() const {
    return {reinterpret_cast<const char*>(base_ + header_->descriptor_offset), size_t(header_->descriptor_length)};
  }
  // Records that were ever used: indices below this one.
  uint32_t records() const {
    uint32_t fresh = load_shared(header_->fresh);
    return fresh < header_->capacity ? fresh : header_->capacity;
  }
  // Copies a consistent live record; false when it is free or keeps changing.
  bool copy(uint32_t index, StateRecord& record) const {
    constexpr int kAttempts = 64;  // a write takes tens of nanoseconds; an endless one is a dead writer's
    record.words.resize(header_->value_size / sizeof(uint64_t));
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      bool used = false;
      if (copy_once(index, record, used)) return used;
    }
    return false;
  }
  // Odd while the record is being written; afterwards another even number than before.
  uint32_t sequence(uint32_t index) const { return __atomic_load_n(&record(index).sequence, __ATOMIC_ACQUIRE); }
  // Whether a record of this block was written in `epoch` or later. A write that was under way when the epoch was
  // raised may have an older stamp: whoever relies on this lets it end first (CopyPace::settle).
  bool changed_since(uint32_t block, uint32_t epoch) const {
    const auto* stamps = reinterpret_cast<const uint32_t*>(base_ + header_->dirty_offset);
    return load_shared(stamps[block]) >= epoch;
  }

 private:
  static bool fits(const StateHeader& header, size_t bytes) {
    if (header.descriptor_length > bytes || header.value_size > bytes) return false;
    StateGeometry geometry = StateGeometry::of(header.capacity, header.value_size, header.descriptor_length);
    return geometry.total_bytes <= bytes && geometry.record_size == header.record_size &&
           header.value_size % sizeof(uint64_t) == 0 && header.key_size <= header.value_size &&
           header.clock_field_count <= kMostClockFields && geometry.descriptor_offset == header.descriptor_offset &&
           geometry.dirty_offset == header.dirty_offset && geometry.deadline_offset == header.deadline_offset &&
           geometry.record_offset == header.record_offset;
  }

  const RecordHeader& record(uint32_t index) const {
    return *reinterpret_cast<const RecordHeader*>(base_ + header_->record_offset +
                                                  uint64_t(index) * header_->record_size);
  }

  bool copy_once(uint32_t index, StateRecord& record, bool& used) const {
    const RecordHeader& from = this->record(index);
    uint32_t before = __atomic_load_n(&from.sequence, __ATOMIC_ACQUIRE);
    if (before & 1) return false;
    used = load_shared(from.tag) != 0;
    record.deadline = load_shared(reinterpret_cast<const uint64_t*>(base_ + header_->deadline_offset)[index]);
    const auto* words = reinterpret_cast<const uint64_t*>(&from + 1);
    for (size_t i = 0; i < record.words.size(); ++i) record.words[i] = load_shared(words[i]);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return load_shared(from.sequence) == before;
  }

  const StateHeader* header_ = nullptr;
  const uint8_t* base_ = nullptr;
};

}  // namespace clickup
