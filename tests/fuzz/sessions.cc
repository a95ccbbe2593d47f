// The session kernel: any packets, at any times, in a small table. An input is packets, each with two bytes for its
// length, one for what is done with it and one for the time that passes before.
#include "elements/SessionTable/session_kernel.hh"
#include "elements/SessionTable/session_text.hh"
#include "fuzz/input.hh"

using namespace clickup;

namespace {

constexpr uint32_t kCapacity = 16;

struct Kernel {
  Kernel() : memory(SessionRecords::bytes(kCapacity) / sizeof(uint64_t)) {
    PROMISE(records.attach(memory.data(), memory.size() * sizeof(uint64_t), kCapacity, "sessions").empty());
    records.resume();
  }
  void take(Input& input) {
    uint32_t length = input.number(2), what = input.number(1);
    now += uint64_t(input.number(1)) * (what & 0x80 ? 100 * kSecond : kSecond / 100);
    std::vector<uint8_t> bytes = input.take(length);
    SessionPacket packet;
    kernel.read(bytes.data(), uint32_t(bytes.size()), packet);
    kernel.locate(packet);
    kernel.prefetch(packet);
    Verdict verdict = kernel.check(packet, now);
    Opening opening = verdict == Verdict::opening && what & 1 ? kernel.open(packet, now) : Opening::impossible;
    if (opening == Opening::opened)
      PROMISE(kernel.check(packet, now) != Verdict::invalid || packet.kind != PacketKind::tracked);
    if (what & 2) records.expire(now, what);
    if (what & 4) hand_over(what & 8);
    PROMISE(records.count() <= kCapacity);
  }
  void hand_over(bool dies) {
    if (!dies) records.pause();
    uint32_t count = records.count();
    records.resume();
    PROMISE(records.count() == count);
  }

  std::vector<uint64_t> memory;
  SessionRecords records;
  Timeouts timeouts;
  SessionKernel kernel{records, timeouts};
  uint64_t now = 1'000 * kSecond;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  Kernel kernel;
  while (!input.empty()) kernel.take(input);
  std::string text = sessions_text(kernel.records, kCapacity, kernel.now) + states_text(kernel.records, kernel.now);
  PROMISE(kernel.records.count() == 0 || kernel.records.fresh() > 0);
  return 0;
}
