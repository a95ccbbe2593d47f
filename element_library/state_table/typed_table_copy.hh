// TableCopy between two layouts that are known at compile time.
#pragma once

#include <time.h>

#include <utility>

#include "state_table/state_reader.hh"
#include "state_table/state_table.hh"
#include "state_table/table_copy.hh"

namespace clickup {

// Raises the epoch that the writer stamps; safe when other readers do the same at the same time.
inline uint32_t raise_dirty_epoch(TableCopy::Memory table) {
  auto* header = reinterpret_cast<StateHeader*>(table.data());
  return __atomic_add_fetch(&header->dirty_epoch, 1, __ATOMIC_SEQ_CST);
}

template <class From, class To, void (*convert)(const From&, To&), bool (*assured)(const To&)>
class TypedTableCopy final : public TableCopy {
  static constexpr uint32_t kGone = CopyState::kGone, kExpired = CopyState::kExpired, kLost = CopyState::kLost,
                            kWaiting = CopyState::kWaiting, kNoRecord = CopyState::kNoRecord;

 public:
  std::string attach(Memory source, Memory target) override {
    source_ = source;
    target_ = target;
    if (std::string why = from_.attach(source.data(), source.size()); !why.empty()) return why;
    if (std::string why = written_.attach(target.data(), target.size()); !why.empty()) return why;
    if (from_.header().layout_hash != From::kHash || from_.header().value_size != sizeof(From))
      return "state table '" + std::string(from_.header().name) + "' has another layout than was said";
    std::string why = to_.attach(target.data(), target.size(), written_.header().capacity, written_.header().name);
    if (!why.empty()) return why;
    complete_source();
    to_.resume();
    to_.pause_apart();
    state_.there.assign(from_.header().capacity, kGone);
    state_.back.assign(written_.header().capacity, kGone);
    state_.seen_source.assign(from_.header().capacity, CopyState::kNeverSeen);
    state_.seen_target.assign(written_.header().capacity, CopyState::kNeverSeen);
    return {};
  }

  void go_back_from(TableCopy& forth) override {
    state_ = end_of(forth);
    swept_ = true;
    for (uint32_t place : state_.there) count(place, 1);
  }

  uint32_t round(CopyPace& pace) override {
    uint32_t epoch = raise_dirty_epoch(source_);
    // A writer stamps a block and then changes its record. If it was taken off the processor in between, the stamp may
    // be an old epoch: only once it has finished may blocks with older stamps be skipped.
    bool settled = pace.settle();
    to_.resume();
    bool whole = scan(&pace, false);
    if (whole && !std::exchange(swept_, true)) sweep();
    to_.pause_apart();
    if (whole && settled) state_.since = epoch;
    return carried_;
  }

  uint32_t final_round() override {
    to_.resume();
    scan(nullptr, true);
    if (!std::exchange(swept_, true)) sweep();
    carry_counters();
    bool all = load_shared(from_.header().clean) == kStatePaused && counts_.lost == 0;
    all ? to_.pause() : to_.pause_apart();
    since_end_ = raise_dirty_epoch(target_);  // before its writer begins: its changes get this epoch or a later one
    return carried_;
  }

  CopyCounts counts() const override { return counts_; }

 private:
  static constexpr uint32_t kLooks = 8;  // attempts at a record that changes while it is read, in each round
  static constexpr uint32_t kBlocksAtATime = 8;

  CopyState end() override {
    CopyState reversed = std::exchange(state_, {}).reversed();
    reversed.since = since_end_;
    return reversed;
  }

  // Completes a source that was restored, if no worker of its layout ran since: nobody writes to it.
  void complete_source() {
    StateTable<From> source;
    source.attach(source_.data(), source_.size(), from_.header().capacity, from_.header().name);
    source.settle();
  }

  // False when the pace ended it early.
  bool scan(CopyPace* pace, bool last) {
    timespec now;
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    now_ = uint64_t(now.tv_sec) * 1'000'000'000 + uint64_t(now.tv_nsec);
    carried_ = 0;
    uint32_t records = from_.records(), looked = 0;
    for (uint32_t first = 0; first < records; first += kRecordsPerBlock) {
      if (!from_.changed_since(first / kRecordsPerBlock, state_.since)) continue;
      for (uint32_t i = first; i < std::min(first + kRecordsPerBlock, records); ++i) look_at(i, last);
      if (pace && ++looked % kBlocksAtATime == 0 && !pace->go_on()) return false;
    }
    // A shrinking table loses records anyway; otherwise room may become free, and only the last round evicts others.
    if (last || from_.header().count > written_.header().capacity) find_room(last);
    return true;
  }

  void look_at(uint32_t i, bool last) {
    uint32_t sequence = from_.sequence(i);
    if (sequence == state_.seen_source[i]) return;
    for (uint32_t looks = kLooks; looks > 0; --looks, sequence = from_.sequence(i)) {
      if (sequence & 1) continue;
      bool live = from_.copy(i, record_);
      if (from_.sequence(i) != sequence) continue;
      state_.seen_source[i] = sequence;
      return carry(i, live);
    }
    if (last) leave(i, kLost);  // nobody writes any more: its writer died during the write
  }

  void carry(uint32_t i, bool live) {
    ++carried_;
    if (!live) return leave(i, kGone);
    if (has_expired()) return leave(i, kExpired);
    To value = converted();
    uint32_t place = state_.there[i];
    if (place < kNoRecord && same_key(place, value)) return write(place, value);
    leave(i, kGone);
    uint64_t hash = to_.hash(value);
    place = to_.find(value, hash, 0);
    if (place != StateTable<To>::kNone) {
      join(i, place, kGone);
      return write(place, value);
    }
    if (to_.count() >= written_.header().capacity) return wait_for_room(i);
    insert(i, value, hash);
  }

  // An element that must be told of each record that ends declares keeps_expired(const To&) beside its migrations: it
  // ends expired records itself.
  bool has_expired() const {
    constexpr bool kKept = requires(const To& record) { keeps_expired(record); };
    return !kKept && record_.deadline <= now_;
  }

  To converted() const {
    From from;
    To to;
    std::memcpy(static_cast<void*>(&from), record_.bytes(), sizeof from);
    convert(from, to);
    return to;
  }
  bool same_key(uint32_t place, const To& value) const {
    return to_.used(place) && std::memcmp(&to_.at(place), &value, To::kKeySize) == 0;
  }

  void write(uint32_t place, const To& value) {
    to_.write(place, value, record_.deadline);
    state_.seen_target[place] = written_.sequence(place);
  }
  void insert(uint32_t i, const To& value, uint64_t hash) {
    uint64_t evicted = written_.header().evicted;
    uint32_t place = to_.insert(value, hash, record_.deadline, now_, assured);
    if (place == StateTable<To>::kNone) return set(i, kLost);
    join(i, place, written_.header().evicted != evicted ? kLost : kExpired);
    state_.seen_target[place] = written_.sequence(place);
  }
  void wait_for_room(uint32_t i) {
    set(i, kWaiting);
    waiting_.push_back(i);
  }
  // Records for which the target was full; in the last round the table's eviction rule decides.
  void find_room(bool last) {
    for (uint32_t i : std::exchange(waiting_, {})) {
      if (state_.there[i] != kWaiting) continue;
      bool live = from_.copy(i, record_);
      if (!live && !last) waiting_.push_back(i);
      if (!live || has_expired()) {
        if (last || live) set(i, kExpired);
        continue;
      }
      To value = converted();
      insert(i, value, to_.hash(value));
    }
  }

  // Gives the source's record i this place; the record that had it gets the place value `before`.
  void join(uint32_t i, uint32_t place, uint32_t before) {
    uint32_t old = state_.back[place];
    if (old < kNoRecord && state_.there[old] == place) set(old, before);
    state_.back[place] = i;
    set(i, place);
  }
  // Takes the place of the source's record i away, erasing its copy.
  void leave(uint32_t i, uint32_t why) {
    uint32_t place = state_.there[i];
    set(i, why);
    if (place >= kNoRecord || state_.back[place] != i) return;
    state_.back[place] = kGone;
    if (to_.used(place)) to_.erase(place);
    state_.seen_target[place] = written_.sequence(place);
  }
  // Erases records of the target that the source does not have.
  void sweep() {
    for (uint32_t place = 0; place < to_.fresh(); ++place) {
      if (to_.used(place) && state_.back[place] >= kNoRecord) to_.erase(place);
      state_.seen_target[place] = written_.sequence(place);
    }
  }

  void set(uint32_t i, uint32_t place) {
    count(state_.there[i], uint64_t(-1));
    state_.there[i] = place;
    count(place, 1);
  }
  void count(uint32_t place, uint64_t more) {
    if (place < kNoRecord) counts_.migrated += more;
    if (place == kExpired) counts_.expired += more;
    if (place == kLost || place == kWaiting) counts_.lost += more;
  }
  // Copies the table's statistics.
  void carry_counters() {
    const StateHeader& old = from_.header();
    auto* header = reinterpret_cast<StateHeader*>(target_.data());
    store_shared(header->evicted, old.evicted + counts_.lost);
    store_shared(header->refused, old.refused);
    store_shared(header->expired, old.expired + counts_.expired);
    store_shared(header->recovered, old.recovered);
    store_shared(header->discarded, old.discarded);
  }

  Memory source_, target_;
  StateReader from_, written_;  // the target is read as others see it, too
  StateTable<To> to_;
  CopyState state_;
  CopyCounts counts_;
  StateRecord record_;
  std::vector<uint32_t> waiting_;
  uint64_t now_ = 0;
  uint32_t carried_ = 0;
  uint32_t since_end_ = 0;  // the target's dirty epoch at the end of the last round
  bool swept_ = false;
};

}  // namespace clickup
