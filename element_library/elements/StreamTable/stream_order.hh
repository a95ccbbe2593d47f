// Puts the segments of a TCP stream into the order of its bytes. What came first counts where segments overlap, as
// Linux has it; bytes ahead of others wait in a state table, within bounds.
#pragma once

#include "elements/StreamTable/stream_state.hh"

namespace clickup {

// Receives the results of StreamOrder for one stream.
class StreamReader {
 public:
  virtual ~StreamReader() = default;
  virtual void go_on(Bytes data) = 0;        // the next bytes of the stream
  virtual void look_at(Bytes data) = 0;      // repeated bytes, or ones that cannot be put into order
  virtual void jump(uint32_t distance) = 0;  // so many bytes will not come any more
  virtual void contradiction() = 0;          // bytes differ from those that came first
};

class StreamOrder {
 public:
  // `window`: bytes ahead of the next one that may wait.
  StreamOrder(SegmentRecords& segments, const uint32_t& window) : segments_(segments), window_(window) {}

  // Nothing waits in any stream.
  bool idle() const { return segments_.count() == 0; }

  void take(Stream& stream, uint32_t sequence, Bytes data, uint64_t now, StreamReader& reader) {
    if (data.empty()) return;
    Work work{stream, Stretches(stream), now, reader};
    if (take_old(work, sequence, data) && !data.empty()) take_new(work, sequence, data);
    work.stretches.store(stream);
  }

  // The receiver has everything before `acknowledged`: bytes missing there were not seen here, and will not be.
  void give_up_before(Stream& stream, uint32_t acknowledged, uint64_t now, StreamReader& reader) {
    Work work{stream, Stretches(stream), now, reader};
    give_up(work, acknowledged);
    work.stretches.store(stream);
  }

 private:
  static constexpr uint64_t kPatience = 120'000'000'000;  // ns that bytes wait; senders repeat what is lost sooner

  struct Work {
    Stream& stream;
    Stretches stretches;
    uint64_t now;
    StreamReader& reader;

    uint32_t ahead(uint32_t sequence) const { return sequence - stream.next; }
    void go_on(Bytes data) {
      reader.go_on(data);
      stream.next += uint32_t(data.size());
    }
    void jump(uint32_t to) {
      if (to == stream.next) return;
      reader.jump(ahead(to));
      stream.next = to;
    }
  };

  // Cuts off what lies before the next byte; false when nothing of the segment counts. It is looked at on its own: its
  // receiver may have missed what came before.
  bool take_old(Work& work, uint32_t& sequence, Bytes& data) const {
    if (int32_t(work.ahead(sequence)) >= 0) return true;
    uint32_t behind = work.stream.next - sequence;
    if (behind == 1 && data.size() == 1) return false;  // a probe; its byte may be anything (RFC 9293 3.8.4)
    Bytes old = data.first(std::min(data.size(), size_t(behind)));
    compare_with_tail(work, behind, old);
    work.reader.look_at(data);
    sequence += uint32_t(old.size());
    data = data.subspan(old.size());
    return true;
  }
  // `behind`: how far before the next byte they begin.
  static void compare_with_tail(Work& work, uint32_t behind, Bytes old) {
    Bytes tail = tail_of(work.stream);
    size_t forgotten = behind > tail.size() ? behind - tail.size() : 0;
    if (forgotten >= old.size()) return;
    old = old.subspan(forgotten);
    Bytes known = tail.subspan(tail.size() - (behind - forgotten), old.size());
    if (!std::equal(old.begin(), old.end(), known.begin())) work.reader.contradiction();
  }

  void take_new(Work& work, uint32_t sequence, Bytes data) {
    // Each turn gives up a hole, of which there are few, or ends.
    while (work.ahead(sequence) != 0 && !keep(work, sequence, data)) {
      give_up(work, work.stretches.empty() ? sequence : work.stretches.front().begin);
      if (int32_t(work.ahead(sequence)) >= 0) continue;
      if (!take_old(work, sequence, data) || data.empty()) return;
    }
    if (work.ahead(sequence) == 0) go_on(work, data);
  }

  void go_on(Work& work, Bytes data) {
    while (!data.empty()) {
      size_t room = work.stretches.empty() ? data.size() : work.ahead(work.stretches.front().begin);
      Bytes part = data.first(std::min(data.size(), room));
      work.go_on(part);
      data = data.subspan(part.size());
      if (work.stretches.empty() || work.ahead(work.stretches.front().begin) != 0) continue;
      Stretch waiting = work.stretches.front();
      Bytes twice = data.first(std::min<size_t>(data.size(), waiting.end - waiting.begin));
      compare_with_waiting(work, waiting, waiting.begin, twice);
      data = data.subspan(twice.size());
      release_front(work);
    }
  }

  // The next byte is the first one that waits: everything up to the next hole follows.
  void release_front(Work& work) {
    Stretch waiting = work.stretches.front();
    work.stretches.pop_front();
    while (work.stream.next != waiting.end) {
      uint32_t index = find(work, work.stream.next);
      if (index == SegmentRecords::kNone) return work.jump(waiting.end);  // it had to make room for others
      const StreamSegmentsLayout& piece = segments_.at(index);
      work.go_on({piece.data, std::min<size_t>(piece.length, waiting.end - work.stream.next)});
      segments_.erase(index);
    }
  }

  void give_up(Work& work, uint32_t until) {
    while (int32_t(until - work.stream.next) > 0) {
      bool waits = !work.stretches.empty() && int32_t(until - work.stretches.front().begin) >= 0;
      work.jump(waits ? work.stretches.front().begin : until);
      if (waits) release_front(work);
    }
  }

  // Keeps the new part of a segment that lies ahead of the next byte; false when it is too much.
  bool keep(Work& work, uint32_t sequence, Bytes data) {
    if (work.ahead(sequence) + data.size() > window_) return false;
    while (!data.empty()) {
      const Stretch* waiting = std::find_if(work.stretches.begin(), work.stretches.end(),
                                            [&](const Stretch& one) { return int32_t(one.end - sequence) > 0; });
      bool last = waiting == work.stretches.end();
      int32_t room = last ? int32_t(data.size()) : int32_t(waiting->begin - sequence);
      Bytes part = data;
      if (room > 0) {
        part = data.first(std::min(data.size(), size_t(room)));
        if (!keep_new(work, sequence, part)) return false;
      } else {
        part = data.first(std::min<size_t>(data.size(), waiting->end - sequence));
        compare_with_waiting(work, *waiting, sequence, part);
      }
      sequence += uint32_t(part.size());
      data = data.subspan(part.size());
    }
    return true;
  }
  bool keep_new(Work& work, uint32_t sequence, Bytes data) {
    while (!data.empty()) {
      StreamSegmentsLayout piece = key(work, sequence);
      piece.length = uint16_t(std::min(data.size(), sizeof piece.data));
      // Added first: without room among the stretches, the piece could not be found again.
      if (!work.stretches.add({sequence, sequence + piece.length})) return false;
      std::memcpy(piece.data, data.data(), piece.length);
      constexpr auto nothing_assured = [](const StreamSegmentsLayout&) { return false; };
      segments_.insert(piece, segments_.hash(piece), work.now + kPatience, work.now, nothing_assured);
      sequence += piece.length;
      data = data.subspan(piece.length);
    }
    return true;
  }

  // Compares bytes from `sequence` on, which lie within the stretch, with those that came first.
  void compare_with_waiting(Work& work, const Stretch& waiting, uint32_t sequence, Bytes data) const {
    for (uint32_t at = waiting.begin; int32_t(waiting.end - at) > 0 && !data.empty();) {
      uint32_t index = find(work, at);
      if (index == SegmentRecords::kNone) return;
      const StreamSegmentsLayout& piece = segments_.at(index);
      uint32_t offset = sequence - at;
      at += piece.length;
      if (offset >= piece.length) continue;
      Bytes known = Bytes(piece.data, piece.length).subspan(offset);
      Bytes part = data.first(std::min(data.size(), known.size()));
      if (!std::equal(part.begin(), part.end(), known.begin())) return work.reader.contradiction();
      sequence += uint32_t(part.size());
      data = data.subspan(part.size());
    }
  }

  static StreamSegmentsLayout key(const Work& work, uint32_t sequence) {
    StreamSegmentsLayout key;
    set_session(key, work.stream);
    key.from_second = work.stream.from_second;
    key.sequence = sequence;
    return key;
  }
  uint32_t find(const Work& work, uint32_t sequence) const {
    StreamSegmentsLayout wanted = key(work, sequence);
    return segments_.find(wanted, segments_.hash(wanted), work.now);
  }

  SegmentRecords& segments_;
  const uint32_t& window_;
};

}  // namespace clickup
