// Rules and the search: rules up to a zero byte, then packets as for sessions.cc. For any input, the search finds the
// same as byte by byte, every alert is reported or counted, and tables survive their writer.
#include <set>

#include "elements/MatchPatterns/match_kernel.hh"
#include "elements/SessionTable/session_kernel.hh"
#include "fuzz/input.hh"

using namespace clickup;

namespace {

constexpr uint32_t kCapacity = 16;

template <class Records>
struct Table : Records {
  Table() : memory(Records::bytes(kCapacity) / sizeof(uint64_t)) {
    PROMISE(this->attach(memory.data(), memory.size() * sizeof(uint64_t), kCapacity, "table").empty());
    this->resume();
  }
  void hand_over(bool dies) {
    if (!dies) this->pause();
    uint32_t count = this->count();
    this->resume();
    PROMISE(this->count() == count);
  }
  std::vector<uint64_t> memory;
};

struct Told : AlertSink {
  AlertFate alert(const PatternAlert&) override { return AlertFate(++count % 8 % 3); }
  uint64_t count = 0;
};

struct Kernel {
  void take(Input& input) {
    uint32_t length = input.number(2), what = input.number(1);
    now += uint64_t(input.number(1)) * (what & 0x80 ? 100 * kSecond : kSecond / 100);
    std::vector<uint8_t> bytes = input.take(length);
    SessionPacket packet;
    session_kernel.read(bytes.data(), uint32_t(bytes.size()), packet);
    session_kernel.locate(packet);
    if (session_kernel.check(packet, now) == Verdict::opening && what & 1) session_kernel.open(packet, now);
    uint64_t hash = kernel.look_up(packet);
    kernel.prefetch(packet, hash);
    Inspection inspection = kernel.inspect(packet, hash, now, told);
    if (packet.kind == PacketKind::malformed) PROMISE(inspection == Inspection::unseen);
    if (what & 2) expire();
    if (what & 4) hand_over(what & 8);
    PROMISE(kernel.counts().alerts + kernel.counts().suppressed + kernel.counts().lost == told.count);
    if (what & 16) kernel.use(what & 32 ? other : set);
  }
  void expire() {
    streams.expire(now, kCapacity);
    segments.expire(now, kCapacity);
    found.expire(now, kCapacity);
  }
  void hand_over(bool dies) {
    streams.hand_over(dies);
    segments.hand_over(dies);
    found.hand_over(dies);
  }

  Table<SessionRecords> sessions;
  Table<StreamRecords> streams;
  Table<SegmentRecords> segments;
  Table<FoundRecords> found;
  Timeouts timeouts;
  uint32_t window = 3000;
  SessionKernel session_kernel{sessions, timeouts};
  MatchKernel kernel{sessions, streams, segments, found, window};
  PatternSet set, other{{{1, false, "other"}, {2, true, "PAYLOAD"}}};
  Told told;
  uint64_t now = 1'000 * kSecond;
};

void search_bytewise(const PatternSet& set, const std::vector<uint8_t>& bytes) {
  std::multiset<std::pair<uint32_t, uint32_t>> whole, single;
  Bytes all(bytes);
  auto note = [&](uint32_t rule, uint32_t end) { whole.insert({rule, end}); };
  uint32_t end_state = set.scan(PatternSet::kRoot, {}, all, note);
  uint32_t state = PatternSet::kRoot;
  for (uint32_t at = 0; at < all.size(); ++at) {
    auto note_one = [&](uint32_t rule, uint32_t) { single.insert({rule, at + 1}); };
    state = set.scan(state, all.first(at), all.subspan(at, 1), note_one);
  }
  PROMISE(state == end_state && whole == single);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  std::vector<PatternRule> rules;
  parse_pattern_rules(input.text(), rules);
  Kernel kernel;
  kernel.set = PatternSet(std::move(rules));
  kernel.kernel.use(kernel.set);
  Input packets = input;
  search_bytewise(kernel.set, input.take(512));
  while (!packets.empty()) kernel.take(packets);
  return 0;
}
