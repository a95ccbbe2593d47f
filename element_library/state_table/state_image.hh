// Fills the memory of a state table whose layout this program does not know, from records that lie in a file.
#pragma once

#include <string>

#include "state_table/state_shape.hh"

namespace clickup {

// create(), put() for each of the indices 0, 1, 2 ..., finish(). The worker that takes the table over computes the
// index; records with equal keys count once.
class StateImage {
 public:
  // Takes zero-filled memory of state_bytes(shape), which nobody else writes. Returns why it cannot, empty on success.
  std::string create(void* memory, size_t bytes, const StateShape& shape) {
    std::string table = "state table '" + std::string(shape.name) + "'";
    if (shape.capacity < kMinCapacity || shape.capacity > kMaxCapacity) {
      return table + " cannot have " + std::to_string(shape.capacity) + " records: give " +
             std::to_string(kMinCapacity) + " to " + std::to_string(kMaxCapacity);
    }
    bool whole_words = shape.value_size % sizeof(uint64_t) == 0;
    if (!whole_words || shape.key_size == 0 || shape.key_size > shape.value_size ||
        shape.clock_fields.size() > kMostClockFields) {
      return table + " has a layout that no table can have: its sizes contradict each other";
    }
    if (bytes < state_bytes(shape)) {
      return table + " has " + std::to_string(bytes) + " bytes of memory, it needs " +
             std::to_string(state_bytes(shape));
    }
    header_ = static_cast<StateHeader*>(memory);
    if (header_->magic != 0) return table + " is in use: an image needs memory of its own";
    write_state_header(memory, shape);
    return "";
  }

  // `words`: key and value as the descriptor lays them out. `index` below the capacity.
  void put(uint32_t index, uint64_t deadline, const uint64_t* words) {
    auto* base = reinterpret_cast<uint8_t*>(header_);
    auto* record =
        reinterpret_cast<RecordHeader*>(base + header_->record_offset + uint64_t(index) * header_->record_size);
    record->tag = 1;  // used; which one is computed with the index
    reinterpret_cast<uint64_t*>(base + header_->deadline_offset)[index] = deadline;
    std::memcpy(record + 1, words, header_->value_size);
  }

  // `count`: records that were put.
  void finish(uint32_t count) {
    header_->count = header_->fresh = count;
    header_->clean = kStateImported;
    finish_state_header(header_);
  }

 private:
  StateHeader* header_ = nullptr;
};

}  // namespace clickup
