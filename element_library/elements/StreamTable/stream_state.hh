// The records of a stream: which one a packet belongs to, the bytes before the next one, the stretches that wait.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "layouts/StreamTable.layout.hh"
#include "state_table/state_table.hh"

namespace clickup {

using Stream = StreamsLayout;
using StreamRecords = StateTable<Stream>;
using SegmentRecords = StateTable<StreamSegmentsLayout>;
using FoundRecords = StateTable<FoundPatternsLayout>;
using Bytes = std::span<const uint8_t>;

// Bits of Stream::flags.
inline constexpr uint8_t kSomethingFound = 1;
inline constexpr uint8_t kContradicted = 2;

// The records that a full table keeps.
inline bool keeps_stream(const Stream& stream) { return stream.flags & kSomethingFound; }

// `session` has the fields that name a session, as SessionTable has them.
template <class Record, class Session>
inline void set_session(Record& record, const Session& session) {
  std::memcpy(record.first_address, session.first_address, sizeof record.first_address);
  std::memcpy(record.second_address, session.second_address, sizeof record.second_address);
  record.first_port = session.first_port;
  record.second_port = session.second_port;
}

inline Bytes tail_of(const Stream& stream) { return {stream.tail, stream.tail_length}; }

// Continues the stream with `data`, of which as much is kept as the longest pattern needs.
inline void append_to_tail(Stream& stream, Bytes data) {
  constexpr size_t kMost = sizeof stream.tail;
  if (data.size() > kMost) data = data.last(kMost);
  size_t kept = std::min<size_t>(stream.tail_length, kMost - data.size());
  std::memmove(stream.tail, stream.tail + stream.tail_length - kept, kept);
  std::memcpy(stream.tail + kept, data.data(), data.size());
  stream.tail_length = uint16_t(kept + data.size());
}

// Bytes from `begin` to before `end`, as sequence numbers.
struct Stretch {
  uint32_t begin, end;
};

// The waiting stretches of a stream, in order, none touching another.
class Stretches {
 public:
  static constexpr uint32_t kMost = sizeof(Stream::stretches) / sizeof(Stretch);

  explicit Stretches(const Stream& stream) {
    std::memcpy(stretches_.data(), stream.stretches, sizeof stream.stretches);
    while (count_ < kMost && stretches_[count_].begin != stretches_[count_].end) ++count_;
  }
  void store(Stream& stream) const { std::memcpy(stream.stretches, stretches_.data(), sizeof stream.stretches); }

  bool empty() const { return count_ == 0; }
  const Stretch& front() const { return stretches_[0]; }
  const Stretch* begin() const { return stretches_.data(); }
  const Stretch* end() const { return stretches_.data() + count_; }
  void pop_front() { remove(0); }

  // Adds bytes that no stretch has yet; false when there are too many stretches.
  bool add(Stretch added) {
    uint32_t at = 0;
    while (at < count_ && int32_t(added.begin - stretches_[at].end) > 0) ++at;
    bool behind = at < count_ && stretches_[at].end == added.begin;
    uint32_t after = at + behind;
    bool before = after < count_ && stretches_[after].begin == added.end;
    if (behind && before) {
      stretches_[at].end = stretches_[after].end;
      remove(after);
    } else if (behind) {
      stretches_[at].end = added.end;
    } else if (before) {
      stretches_[after].begin = added.begin;
    } else {
      return insert(at, added);
    }
    return true;
  }

 private:
  bool insert(uint32_t at, Stretch added) {
    if (count_ == kMost) return false;
    std::copy_backward(stretches_.begin() + at, stretches_.begin() + count_, stretches_.begin() + count_ + 1);
    stretches_[at] = added;
    ++count_;
    return true;
  }
  void remove(uint32_t at) {
    std::copy(stretches_.begin() + at + 1, stretches_.begin() + count_, stretches_.begin() + at);
    stretches_[--count_] = {};
  }

  std::array<Stretch, kMost> stretches_;
  uint32_t count_ = 0;
};

}  // namespace clickup
