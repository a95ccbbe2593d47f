// Flow metering and IPFIX: any packets, at any times, in a small table. Every packet that was metered is in one report
// in the end. An input is packets, each with two bytes for its length, one for what is done with it and one for the
// time.
#include "elements/ExportFlows/ipfix_message.hh"
#include "elements/FlowTable/flow_text.hh"
#include "fuzz/input.hh"

using namespace clickup;

namespace {

constexpr uint32_t kCapacity = 16;
constexpr uint64_t kSecond = 1'000'000'000;

struct Meter : FlowSink {
  Meter() : memory(FlowRecordTable::bytes(kCapacity) / 8) {
    PROMISE(records.attach(memory.data(), memory.size() * 8, kCapacity, "f/flows").empty());
    records.resume();
    kernel.report_to(this);
    message.limit(512);
    message.add_templates();
    send();
  }
  void report(const FlowRecord& flow, FlowEnd why, uint64_t) override {
    PROMISE(flow.packets > 0 && flow.first <= flow.last && flow.last <= now);
    reported += flow.packets;
    if (message.add(flow, why, 7)) return;
    send();
    PROMISE(message.add(flow, why, 7));
  }
  void send() {
    std::span<const uint8_t> sent = message.finish(1, uint32_t(reported), 2);
    PROMISE(sent.size() <= 512 && sent.size() >= 16 && size_t(sent[2] << 8 | sent[3]) == sent.size());
    message.clear();
  }
  void take(Input& input) {
    uint32_t length = input.number(2), what = input.number(1);
    now += uint64_t(input.number(1)) * (what & 0x80 ? kSecond : kSecond / 100);
    std::vector<uint8_t> bytes = input.take(length);
    FlowPacket packet;
    kernel.read(bytes.data(), uint32_t(bytes.size()), uint8_t(what & 3), packet);
    kernel.prefetch(packet);
    metered += kernel.count(packet, now);
    if (what & 4) timeouts.idle = (1 + what % 20) * kSecond;
    if (what & 8) kernel.sweep(now, what, 3);
    if (what & 16) hand_over(what & 32);
    PROMISE(records.count() <= kCapacity);
  }
  void hand_over(bool dies) {
    if (!dies) records.pause();
    uint32_t count = records.count();
    records.resume();
    PROMISE(records.count() == count);
  }
  void end() {
    for (uint32_t i = 0; i < records.fresh(); ++i) PROMISE(!flow_text(records.at(i), now).empty());
    now += 100'000 * kSecond;
    kernel.sweep(now, kCapacity, kCapacity);
    PROMISE(records.count() == 0 && reported == metered);
  }

  std::vector<uint64_t> memory;
  FlowRecordTable records;
  FlowRecordTimeouts timeouts;
  FlowKernel kernel{records, timeouts};
  IpfixMessage message;
  uint64_t now = 1'000 * kSecond, metered = 0, reported = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  Meter meter;
  while (!input.empty()) meter.take(input);
  meter.end();
  return 0;
}
