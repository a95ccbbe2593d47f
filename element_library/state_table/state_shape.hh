// The description of a table's records in its header, and writing it into fresh memory.
#pragma once

#include <sys/random.h>

#include <algorithm>
#include <span>
#include <string_view>

#include "state_table/state_memory.hh"

namespace clickup {

struct StateShape {
  std::string_view name;
  uint32_t layout_version = 0;
  uint64_t layout_hash = 0;
  uint32_t value_size = 0;
  uint32_t key_size = 0;
  uint32_t capacity = 0;
  std::string_view descriptor;
  std::span<const uint16_t> clock_fields;
  uint64_t hash_seed = 0;  // 0: a new one
};

inline StateGeometry state_geometry(const StateShape& shape) {
  return StateGeometry::of(shape.capacity, shape.value_size, shape.descriptor.size());
}
inline uint64_t state_bytes(const StateShape& shape) { return state_geometry(shape).total_bytes; }

inline uint64_t new_hash_seed() {
  uint64_t seed = 0;
  bool random = getrandom(&seed, sizeof seed, GRND_NONBLOCK) == sizeof seed && seed != 0;
  return random ? seed : kStateMagic;
}

// Fills the header page and the descriptor of zero-filled memory, except for the magic number: finish_state_header.
inline void write_state_header(void* memory, const StateShape& shape) {
  StateGeometry geometry = state_geometry(shape);
  StateHeader header{};
  header.format = kStateFormat;
  header.layout_version = shape.layout_version;
  header.layout_hash = shape.layout_hash;
  header.total_bytes = geometry.total_bytes;
  header.record_size = geometry.record_size;
  header.value_size = shape.value_size;
  header.key_size = shape.key_size;
  header.capacity = shape.capacity;
  header.hash_seed = shape.hash_seed ? shape.hash_seed : new_hash_seed();
  header.descriptor_offset = geometry.descriptor_offset;
  header.descriptor_length = shape.descriptor.size();
  header.dirty_offset = geometry.dirty_offset;
  header.index_offset = geometry.index_offset;
  header.deadline_offset = geometry.deadline_offset;
  header.record_offset = geometry.record_offset;
  shape.name.copy(header.name, sizeof header.name - 1);
  header.clock_field_count = uint32_t(std::min<size_t>(shape.clock_fields.size(), kMostClockFields));
  std::copy_n(shape.clock_fields.begin(), header.clock_field_count, header.clock_fields);
  header.clean = kStatePaused;
  header.dirty_epoch = 1;
  header.index_bits = state_index::kLeastBits;
  std::memcpy(memory, &header, sizeof header);
  shape.descriptor.copy(static_cast<char*>(memory) + geometry.descriptor_offset, shape.descriptor.size());
}
inline void finish_state_header(void* memory) {
  __atomic_store_n(&static_cast<StateHeader*>(memory)->magic, kStateMagic, __ATOMIC_RELEASE);
}

}  // namespace clickup
