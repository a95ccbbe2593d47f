// The NAT kernel: any packets from either side, at any times, in small tables. An input is packets, each with two bytes
// for its length, one for what is done with it and one for the time that passes before.
#include "elements/Nat/nat_forwards.hh"
#include "elements/Nat/nat_kernel.hh"
#include "elements/Nat/nat_text.hh"
#include "fuzz/input.hh"

using namespace clickup;

namespace {

constexpr uint32_t kCapacity = 16;

struct Gateway {
  Gateway() {
    PROMISE(set_external(policy, "203.0.113.1; 203.0.113.2").empty());
    PROMISE(set_forwards(policy, "udp 203.0.113.1:53 -> 10.0.0.1:53; tcp 203.0.113.2:80 -> 10.0.0.2:80").empty());
    tables.each(kCapacity, [this](auto& table, uint32_t wanted) {
      uint32_t capacity = std::min(wanted, 2 * kCapacity);  // cleared for every input
      memories.emplace_back(table.bytes(capacity) / sizeof(uint64_t));
      PROMISE(table.attach(memories.back().data(), memories.back().size() * sizeof(uint64_t), capacity, "nat").empty());
    });
    resume(false);
  }
  // As the element does it; the tables of a worker that paused agree.
  void resume(bool dead) {
    PROMISE(!kernel.resume(now) || dead);
    settle_forwards(tables, policy, kernel.mappings(), now);
    check();
  }

  void take(Input& input) {
    uint32_t length = input.number(2), what = input.number(1);
    now += uint64_t(input.number(1)) * (what & 0x80 ? 10 * kNatSecond : kNatSecond / 100);
    std::vector<uint8_t> bytes = input.take(length);
    policy.filtering = what & 0x40 ? NatFiltering::endpoint_independent : NatFiltering::address_and_port_dependent;
    translate(bytes, what & 1);
    if (what & 2) expire();
    if (what & 4) kernel.take_late_syns(now, [](const NatHeld& held) { PROMISE(held.length >= 40); });
    if (what & 8) hand_over(what & 16);
    check();
  }
  void translate(std::vector<uint8_t>& bytes, bool from_outside) {
    NatPacket packet;
    std::vector<uint8_t> before = bytes;
    if (from_outside) {
      kernel.read_in(bytes.data(), uint32_t(bytes.size()), packet);
      kernel.prefetch_port(packet);
      kernel.read_session(packet, now);
    } else {
      kernel.read_out(bytes.data(), uint32_t(bytes.size()), packet);
    }
    kernel.prefetch_session(packet);
    NatVerdict verdict = from_outside ? kernel.translate_in(packet, true, now) : kernel.translate_out(packet, now);
    bool goes_on = verdict == NatVerdict::translated || verdict == NatVerdict::hairpin;
    PROMISE(goes_on || packet.kind == NatKind::error || bytes == before);
    PROMISE(!goes_on || ip_checksum(bytes) == ip_checksum(before));
    if (!goes_on || !packet.first_fragment) return;
    kernel.take_fragments(packet, from_outside, now, [&](const NatHeld& held) {
      std::vector<uint8_t> fragment(held.data + held.link_length, held.data + held.link_length + held.length);
      translate(fragment, from_outside);
    });
  }
  // Whether the checksum is right, which translation must not change.
  static bool ip_checksum(const std::vector<uint8_t>& bytes) {
    return internet_checksum_ok(bytes.data(), (bytes[0] & 15u) * 4);
  }

  void expire() {
    kernel.sessions().expire(now, kCapacity);
    tables.mappings.expire(now, 2 * kCapacity);
    tables.ports.expire(now, 2 * kCapacity);
    tables.hosts.expire(now, 2 * kCapacity);
  }
  void hand_over(bool dies) {
    if (!dies) tables.each(kCapacity, [](auto& table, uint32_t) { table.pause(); });
    resume(dies);
  }

  // Every session is counted at its port, and mappings in use are kept.
  void check() {
    uint64_t sessions = 0;
    for (uint32_t index = 0; index < tables.ports.fresh(); ++index) {
      if (!tables.ports.used(index)) continue;
      const NatPort& port = tables.ports.at(index);
      sessions += port.sessions;
      PROMISE(!in_use(port) || tables.ports.deadline(index) == kNatForever);
    }
    PROMISE(sessions == tables.sessions.count() && sessions == kernel.mappings().counters().sessions);
    PROMISE(tables.sessions.count() <= kCapacity);
  }

  std::vector<std::vector<uint64_t>> memories;
  NatPolicy policy;
  NatTables tables;
  NatKernel kernel{tables, policy};
  uint64_t now = 1'000 * kNatSecond;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  Gateway gateway;
  while (!input.empty()) gateway.take(input);
  std::string text = nat_lines(gateway.tables.sessions, kCapacity, gateway.now);
  text += nat_lines(gateway.tables.ports, kCapacity, gateway.now);
  return 0;
}
