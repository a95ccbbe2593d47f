// Carries the records of one state table into another of a different layout or capacity while the first one's writer
// goes on, and later changes in the other direction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace clickup {

struct CopyCounts {
  uint64_t migrated = 0;  // records that the target has
  uint64_t expired = 0;   // left out: their deadline had passed
  uint64_t lost = 0;      // left out: no room in the target, or being written when the source's writer died
};

// How a copy coordinates with the writer of its source.
class CopyPace {
 public:
  virtual ~CopyPace() = default;
  // True once every write that was under way at the call has ended; false when that is unknown.
  virtual bool settle() = 0;
  // Called every few hundred records. False: leave the rest of the round to the next one.
  virtual bool go_on() = 0;
};

// What a copy knows of both tables. A place is the index of a record; values from kNoRecord on mean none.
struct CopyState {
  static constexpr uint32_t kNoRecord = 0xfffffff0;
  static constexpr uint32_t kGone = kNoRecord, kExpired = kGone + 1, kLost = kGone + 2, kWaiting = kGone + 3;
  static constexpr uint32_t kNeverSeen = 0xffffffff;  // odd: no complete record has it

  std::vector<uint32_t> there, back;               // place in the target of each source record, and the other way
  std::vector<uint32_t> seen_source, seen_target;  // sequence of each record as it was last carried
  uint32_t since = 0;                              // dirty epoch since which the source's changes have not been seen

  CopyState reversed() const { return {back, there, seen_target, seen_source, 0}; }
};

class TableCopy {
 public:
  using Memory = std::span<uint8_t>;

  virtual ~TableCopy() = default;
  // Takes two tables that the caller keeps mapped and writes to the second one from now on. Records that the target
  // holds and the source does not are erased by the first round. Returns why not, empty on success.
  virtual std::string attach(Memory source, Memory target) = 0;
  // Continues after a finished copy in the other direction: carries only changes from now on.
  virtual void go_back_from(TableCopy& forth) = 0;

  // Carries what changed since the last round; returns how many records that were.
  virtual uint32_t round(CopyPace& pace) = 0;
  // The same once the source's writer has paused or died. Afterwards the target is whole, and its writer may begin.
  virtual uint32_t final_round() = 0;

  virtual CopyCounts counts() const = 0;

 protected:
  // After a finished copy: returns what it knows, and the first epoch of the changes by the target's writer.
  virtual CopyState end() = 0;
  static CopyState end_of(TableCopy& copy) { return copy.end(); }
};

}  // namespace clickup
