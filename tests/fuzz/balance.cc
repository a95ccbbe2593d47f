// The load balancer's kernel: backends and services, each up to a zero byte, then packets as for sessions.cc, from
// clients or from backends. For any input, a flow keeps its backend until something ends it.
#include "elements/BalanceTable/balance_kernel.hh"
#include "elements/BalanceTable/balance_text.hh"
#include "fuzz/input.hh"

using namespace clickup;

namespace {

constexpr uint32_t kCapacity = 16;

// Hashing takes longer than everything else here, so it is done once.
const BackendSet& hashed() {
  static const BackendSet set = [] {
    BalancePolicy policy;
    set_backends(policy, "192.0.2.7; 192.0.2.8:8080; 2001:db8::7 weight 3");
    BackendSet made;
    made.take_list(policy.backends);
    made.settle();
    while (made.tend(1u << 20)) {}
    return made;
  }();
  return set;
}

struct Kernel {
  Kernel() : memory(BalancedFlowRecords::bytes(kCapacity) / 8), backend_memory(BackendRecords::bytes(kCapacity) / 8) {
    PROMISE(flows.attach(memory.data(), memory.size() * 8, kCapacity, "flows").empty());
    PROMISE(records.attach(backend_memory.data(), backend_memory.size() * 8, kCapacity, "backends").empty());
    flows.resume();
    records.resume();
    remembered.agree(now);
  }
  void take(Input& input) {
    uint32_t length = input.number(2), what = input.number(1);
    now += uint64_t(input.number(1)) * (what & 0x80 ? 100 * kBalanceSecond : kBalanceSecond / 100);
    std::vector<uint8_t> bytes = input.take(length);
    if (what & 1) {
      forward(bytes);
    } else {
      BalancePacket packet;
      kernel.read_reverse(bytes.data(), uint32_t(bytes.size()), packet);
      kernel.prefetch(packet);
      kernel.reverse(packet, now);
    }
    if (what & 2) flows.expire(now, what);
    if (what & 4) hand_over(what & 8);
    PROMISE(flows.count() <= kCapacity);
  }
  void forward(const std::vector<uint8_t>& sent) {
    std::array<IpAddress, 2> to{};
    for (IpAddress& one : to) {
      std::vector<uint8_t> bytes = sent;
      BalancePacket packet;
      kernel.read_forward(bytes.data(), uint32_t(bytes.size()), packet);
      kernel.prefetch(packet);
      uint32_t backend = BackendSet::kNone;
      if (kernel.forward(packet, now, backend, one) != BalanceVerdict::balanced) return;
      if (packet.kind == BalanceKind::flow && packet.begins()) return;  // it may begin another flow
    }
    PROMISE(to[0] == to[1]);
  }
  void hand_over(bool dies) {
    if (!dies) flows.pause();
    uint32_t count = flows.count();
    flows.resume();
    PROMISE(flows.count() == count);
  }

  std::vector<uint64_t> memory, backend_memory;
  BalancedFlowRecords flows;
  BackendRecords records;
  BackendSet backends = hashed();
  BackendMemory remembered{records, backends};
  BalancePolicy policy;
  BalanceKernel kernel{flows, backends, remembered, policy};
  uint64_t now = 1'000 * kBalanceSecond;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  Kernel kernel;
  std::string_view list = input.text(), services = input.text();
  if (set_backends(kernel.policy, list).empty()) PROMISE(kernel.policy.backends.size() <= MaglevTable::kMostBackends);
  if (!set_services(kernel.policy, services).empty()) set_services(kernel.policy, "tcp 10.0.0.2:80; udp 10.0.0.2:53");
  while (!input.empty()) kernel.take(input);
  flows_text(kernel.flows, kCapacity, kernel.now);
  backends_text(kernel.backends, kernel.remembered, kernel.flows, kernel.now);
  return 0;
}
