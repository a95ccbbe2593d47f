// Token buckets and lanes: any packets, at any times, in a small table, while the limit changes. An input is packets,
// each with two bytes for its length, one for what is done with it and one for the time that passes before.
#include "elements/Shape/shape_lanes.hh"
#include "elements/TokenBuckets/limit_records.hh"
#include "fuzz/input.hh"

using namespace clickup;

namespace {

constexpr uint32_t kCapacity = 16;
constexpr const char* kKeyings[] = {"all", "mark", "source/24/56", "destination", "flow", "interface lan"};

struct Buckets {
  Buckets()
      : memory(BucketRecords::bytes(kCapacity) / 8), limit_memory(StateTable<LimitsLayout>::bytes(kCapacity) / 8) {
    PROMISE(records.attach(memory.data(), memory.size() * 8, kCapacity, "b/buckets").empty());
    PROMISE(limits.records().attach(limit_memory.data(), limit_memory.size() * 8, kCapacity, "b/limits").empty());
    records.resume();
    limits.resume(limit, now);
    lanes.reserve(8);
  }
  void take(Input& input) {
    uint32_t length = input.number(2), what = input.number(1);
    now += uint64_t(input.number(1)) * (what & 0x80 ? kBillion : 1'000);
    std::vector<uint8_t> bytes = input.take(length);
    BucketKeying keying;
    PROMISE(parse_bucket_keying(kKeyings[what % 6], keying).empty());
    BucketPacket packet;
    kernel.read(keying, bytes.data(), uint32_t(bytes.size()), uint8_t(length), packet);
    kernel.prefetch(packet);
    bool waits = lanes.waiting(packet) > 0;
    if (waits || !kernel.take(packet, length, now)) lanes.add(packet, length, length, now);
    if (what & 8) change(length);
    if (what & 16) kernel.sweep(now, what);
    if (what & 32) hand_over(what & 64);
    release();
    PROMISE(records.count() <= kCapacity && lanes.length() <= 8);
    PROMISE(!bucket_key_text(packet.key).empty());
  }
  void change(uint32_t seed) {
    limit.rate = 1 + seed * uint64_t(seed);
    limit.unit = seed & 1 ? TokenUnit::bits : TokenUnit::packets;
    limit.burst = limit.unit == TokenUnit::bits ? kPacketBits + seed : 1 + seed;
    limits.set(limit, now);
    lanes.hurry();
  }
  void hand_over(bool dies) {
    if (!dies) records.pause(), limits.pause();
    uint32_t count = records.count();
    records.resume();
    limits.resume(limit, now);
    PROMISE(records.count() == count);
  }
  void release() {
    uint32_t length = 0;
    for (uint32_t left = 100; left > 0 && lanes.next(now, length); --left) PROMISE(length <= 0xffff);
    for (uint32_t i = 0; i < records.fresh(); ++i) {
      if (records.used(i)) PROMISE(kernel.tokens_of(i, now) <= limit.full());
    }
  }

  std::vector<uint64_t> memory, limit_memory;
  BucketRecords records;
  LimitRecords limits;
  BucketKernel kernel{records, limits.history()};
  ShapeLanes<uint32_t> lanes{kernel};
  BucketLimit limit{0, 5, 3, TokenUnit::packets};
  uint64_t now = 1'000 * kBillion;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  Buckets buckets;
  while (!input.empty()) buckets.take(input);
  PROMISE(buckets.lanes.take_all().size() <= 8);
  return 0;
}
