// Finds records by their tag: open addressing without tombstones in an array that is at most half full and doubles as
// records come. It is moved into the next array a few slots at a time, so that no insertion pays for all of it.
//
// The writer alone uses it. Nothing here survives a crash: the next writer computes it from the records.
#pragma once

#include <algorithm>

#include "state_table/state_memory.hh"
#include "state_table/state_pages.hh"
#include "support/prefetch/prefetch.hh"

namespace clickup {

class StateIndex {
 public:
  static constexpr uint32_t kNone = ~0u;

  void attach(StateHeader& header, void* memory) {
    header_ = &header;
    slots_ = reinterpret_cast<uint64_t*>(static_cast<uint8_t*>(memory) + header.index_offset);
    most_bits_ = state_index::bits_for(header.capacity);
    look_again();
  }
  // Continues where the previous writer stopped.
  void look_again() {
    bits_ = std::clamp(load_shared(header_->index_bits), state_index::kLeastBits, most_bits_);
    moved_ = load_shared(header_->index_grows) && bits_ < most_bits_ ? load_shared(header_->index_moved) : 0;
    place_arrays();
    mapped_ = dropped_ = 0;
  }
  // Empties it, with room for `records` records.
  void clear(uint32_t records) {
    bits_ = state_index::bits_for(std::max(records, 1u));
    note_position(0);
    look_again();
    std::memset(current_, 0, array_slots(bits_) * sizeof(uint64_t));
    drop_pages(next_,
               (state_index::first_slot(most_bits_ + 1) - state_index::first_slot(bits_ + 1)) * sizeof(uint64_t));
  }

  void prefetch(uint32_t tag) const { prefetch_line(home(tag)); }
  // The record with this tag for which same(record) holds.
  template <class Same>
  uint32_t find(uint32_t tag, const Same& same) const {
    for (const uint64_t* slot = home(tag); *slot; ++slot) {
      if (*slot >> 32 == tag && same(uint32_t(*slot) - 1)) return uint32_t(*slot) - 1;
    }
    return kNone;
  }

  // False when collisions leave no slot, which takes a very bad hash.
  bool insert(uint32_t tag, uint32_t record) {
    if (header_->index_grows) {
      move_some();
    } else if (bits_ < most_bits_ && uint64_t(header_->count) * 8 > (uint64_t(3) << bits_)) {
      store_shared(header_->index_grows, 1u);
    }
    const uint64_t* end = in_next(tag) ? next_ + array_slots(bits_ + 1) : current_ + array_slots(bits_);
    return put(home(tag), end, uint64_t(tag) << 32 | (record + 1));
  }
  void erase(uint32_t tag, uint32_t record) {
    uint64_t entry = uint64_t(tag) << 32 | (record + 1);
    uint64_t* hole = home(tag);
    while (*hole && *hole != entry) ++hole;
    if (!*hole) return;
    // Closes the gap, so that what collided is still found: an entry moves back unless that is before its home.
    uint64_t* array = in_next(tag) ? next_ : current_;
    uint32_t shift = in_next(tag) ? shift_ - 1 : shift_;
    for (uint64_t* slot = hole + 1; *slot; ++slot) {
      if (array + (*slot >> 32 >> shift) > hole) continue;
      *hole = *slot;
      hole = slot;
    }
    *hole = 0;
  }

  // From a timer: maps what growth will soon fill and releases outgrown arrays, a piece at a time.
  void tend() {
    constexpr uint64_t kPiece = 256 * kPageBytes / sizeof(uint64_t);
    if (bits_ < most_bits_ && uint64_t(header_->count) * 4 > (uint64_t(1) << bits_) &&
        mapped_ < array_slots(bits_ + 1)) {
      uint64_t end = std::min(mapped_ + kPiece, array_slots(bits_ + 1));
      map_pages(next_ + mapped_, next_ + end);
      mapped_ = end;
    }
    uint64_t outgrown = state_index::first_slot(bits_);
    if (dropped_ == outgrown) return;
    uint64_t end = std::min(dropped_ + kPiece, outgrown);
    drop_pages(slots_ + dropped_, (end - dropped_) * sizeof(uint64_t));
    dropped_ = end;
  }

 private:
  static constexpr uint64_t array_slots(uint32_t bits) { return (uint64_t(1) << bits) + state_index::kSpareSlots; }

  void place_arrays() {
    shift_ = 32 - bits_;
    current_ = slots_ + state_index::first_slot(bits_);
    next_ = slots_ + state_index::first_slot(bits_ + 1);
  }
  // Entries whose home lies below `moved_` are in the next array, all others in the current one.
  bool in_next(uint32_t tag) const { return tag >> shift_ < moved_; }
  uint64_t* home(uint32_t tag) const {
    return in_next(tag) ? next_ + (tag >> (shift_ - 1)) : current_ + (tag >> shift_);
  }
  // The last slot stays empty: every search ends there.
  static bool put(uint64_t* slot, const uint64_t* end, uint64_t entry) {
    while (*slot) ++slot;
    if (slot + 1 == end) return false;
    *slot = entry;
    return true;
  }

  // Moves entries up to an empty slot: entries behind it have their home behind it too.
  void move_some() {
    constexpr uint32_t kSlots = 8;  // per insertion: finished long before the array is full
    uint32_t at = moved_, end = uint32_t(array_slots(bits_));
    for (; at < end && (at < moved_ + kSlots || current_[at]); ++at) {
      uint64_t entry = current_[at];
      if (entry) put(next_ + (entry >> 32 >> (shift_ - 1)), next_ + array_slots(bits_ + 1), entry);
    }
    if (at < end) return note_position(at);
    ++bits_;
    place_arrays();
    mapped_ = 0;
    note_position(0);
  }
  void note_position(uint32_t moved) {
    moved_ = moved;
    store_shared(header_->index_bits, bits_);
    store_shared(header_->index_moved, moved);
    store_shared(header_->index_grows, uint32_t(moved != 0));
  }

  StateHeader* header_ = nullptr;
  uint64_t* slots_ = nullptr;    // all arrays
  uint64_t* current_ = nullptr;  // 2^bits_ slots and the spare ones
  uint64_t* next_ = nullptr;     // the array twice as large
  uint32_t shift_ = 0;
  uint32_t bits_ = 0;
  uint32_t moved_ = 0;
  uint32_t most_bits_ = 0;
  uint64_t mapped_ = 0;   // slots of the next array that tend() mapped
  uint64_t dropped_ = 0;  // slots of all arrays that tend() released
};

}  // namespace clickup
