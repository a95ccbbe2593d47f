// TranslateIn(NAT): gives packets from outside the addresses and ports of hosts inside, as a Nat has them.
#pragma once

#include "elements/Nat/translator.hh"

namespace clickup {

class TranslateIn : public Translator<4> {
 public:
  TranslateIn() : Translator({"translated", "unsolicited", "refused", "invalid"}) {}

  void push(int, Batch& batch) override {
    NatPackets packets;
    uint64_t now = now_ns();
    for (uint32_t i = 0; i < batch.count; ++i) {
      Packet& packet = *batch.items[i];
      NatPacket& read = packets.make(i, packet);
      if (packet.network()) kernel().read_in(packet.network(), packet.network_length(), read);
    }
    for (uint32_t i = 0; i < batch.count; ++i) kernel().prefetch_port(packets[i]);
    for (uint32_t i = 0; i < batch.count; ++i) kernel().read_session(packets[i], now);
    for (uint32_t i = 0; i < batch.count; ++i) kernel().prefetch_session(packets[i]);
    Outputs outputs = open_outputs();
    for (uint32_t i = 0; i < batch.count; ++i) translate(*batch.items[i], packets[i], outputs, now);
    batch.count = 0;
  }

  uint64_t timer_at() const override { return answers_unsolicited() ? next_look_ : 0; }
  void on_timer(uint64_t now) override {
    next_look_ = now + kLookEvery;
    Outputs outputs = open_outputs();
    kernel().take_late_syns(now, [&](const NatHeld& held) {
      if (Packet* packet = packet_of(held)) outputs.add(kUnsolicited, packet);
    });
  }

 private:
  static constexpr size_t kUnsolicited = 1;
  static constexpr uint64_t kLookEvery = kNatSecond / 4;

  bool answers_unsolicited() const { return output_count() > int(kUnsolicited); }

  void translate(Packet& packet, NatPacket& read, Outputs& outputs, uint64_t now) {
    NatVerdict verdict = kernel().translate_in(read, answers_unsolicited(), now);
    if (verdict == NatVerdict::held) return keep(packet);
    bool goes_on = verdict == NatVerdict::translated;
    if (goes_on) annotate(packet);
    outputs.add(output_for(verdict), &packet);
    if (!goes_on || !read.first_fragment) return;
    release_fragments(read, true, now, [&](Packet& later, NatPacket& it) { translate(later, it, outputs, now); });
  }
  static size_t output_for(NatVerdict verdict) {
    return verdict == NatVerdict::translated ? 0 : size_t(verdict) - size_t(NatVerdict::hairpin);
  }

  uint64_t next_look_ = 1;
};

}  // namespace clickup
