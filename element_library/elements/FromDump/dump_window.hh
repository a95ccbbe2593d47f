// Which packets of a capture file FromDump emits, by their times.
#pragma once

#include <cstdint>
#include <optional>

namespace clickup {

// Times are nanoseconds since 1970, or after the file's first packet where they are relative.
class DumpWindow {
 public:
  std::optional<uint64_t> start, start_after, end, end_after, interval;

  enum class Place : uint8_t { before, within, after };
  Place place(uint64_t time_ns) {
    if (!first_) first_ = time_ns;
    uint64_t begin = start ? *start : *first_ + start_after.value_or(0);
    if (time_ns < begin) return Place::before;
    std::optional<uint64_t> last = end;
    if (end_after) last = *first_ + *end_after;
    if (interval) last = begin + *interval;
    return last && !over_ && time_ns >= *last ? Place::after : Place::within;
  }
  bool bounded() const { return end || end_after || interval; }
  void pass_end() { over_ = true; }  // what lies behind the end is emitted from now on

 private:
  std::optional<uint64_t> first_;
  bool over_ = false;
};

}  // namespace clickup
