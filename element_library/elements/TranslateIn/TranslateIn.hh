// TranslateIn(NAT): gives packets from outside the addresses and ports of hosts inside, as a Nat has them.
#pragma once

#include "driver/element.hh"
#include "elements/Nat/Nat.hh"
#include "elements/Nat/nat_batch.hh"

namespace clickup {

class TranslateIn : public Element {
 public:
  const char* class_name() const override { return "TranslateIn"; }
  const char* port_count() const override { return "1/1-4"; }
  const char* processing() const override { return "h/h"; }

  void configure(Arguments& arguments, Errors& errors) override {
    Element* nat = nullptr;
    arguments.positional_element("NAT", "Nat", nat).finish(errors);
    nat_ = static_cast<Nat*>(nat);
  }

  void add_handlers(HandlerTable& handlers) override {
    static constexpr const char* kNames[kOutputs] = {"translated", "unsolicited", "refused", "invalid"};
    for (size_t i = 0; i < kOutputs; ++i) {
      handlers.read(kNames[i], [this, i] { return std::to_string(counts_[i]); });
    }
    handlers.read("held", [this] { return std::to_string(held_); });
  }

  void push(int, Batch& batch) override {
    NatKernel& kernel = nat_->kernel();
    NatPackets packets;
    uint64_t now = now_ns();
    for (uint32_t i = 0; i < batch.count; ++i) {
      Packet& packet = *batch.items[i];
      NatPacket& read = packets.make(i, packet);
      if (packet.network()) kernel.read_in(packet.network(), packet.network_length(), read);
    }
    for (uint32_t i = 0; i < batch.count; ++i) kernel.prefetch_port(packets[i]);
    for (uint32_t i = 0; i < batch.count; ++i) kernel.read_session(packets[i], now);
    for (uint32_t i = 0; i < batch.count; ++i) kernel.prefetch_session(packets[i]);
    NatOutputs<kOutputs> outputs(*this, counts_);
    for (uint32_t i = 0; i < batch.count; ++i) translate(*batch.items[i], packets[i], outputs, now);
    batch.count = 0;
  }

  uint64_t timer_at() const override { return answers_unsolicited() ? next_look_ : 0; }
  void on_timer(uint64_t now) override {
    next_look_ = now + kLookEvery;
    NatOutputs<kOutputs> outputs(*this, counts_);
    nat_->kernel().take_late_syns(now, [&](const NatHeld& held) {
      if (Packet* packet = packet_of(held)) outputs.add(kUnsolicited, packet);
    });
  }

 private:
  static constexpr size_t kOutputs = 4, kUnsolicited = 1;
  static constexpr uint64_t kLookEvery = kNatSecond / 4;

  bool answers_unsolicited() const { return output_count() > int(kUnsolicited); }

  void translate(Packet& packet, NatPacket& read, NatOutputs<kOutputs>& outputs, uint64_t now) {
    NatVerdict verdict = nat_->kernel().translate_in(read, answers_unsolicited(), now);
    if (verdict == NatVerdict::held) {
      ++held_;
      return packet_pool().release(&packet);
    }
    if (verdict == NatVerdict::translated) annotate(packet);
    outputs.add(output_for(verdict), &packet);
    if (verdict == NatVerdict::translated && read.first_fragment) release_fragments(read, outputs, now);
  }
  static size_t output_for(NatVerdict verdict) {
    return verdict == NatVerdict::translated ? 0 : size_t(verdict) - size_t(NatVerdict::hairpin);
  }

  void release_fragments(const NatPacket& first, NatOutputs<kOutputs>& outputs, uint64_t now) {
    nat_->kernel().take_fragments(first, true, now, [&](const NatHeld& held) {
      Packet* packet = packet_of(held);
      if (!packet) return;
      NatPacket read;
      nat_->kernel().read_in(packet->network(), packet->network_length(), read);
      translate(*packet, read, outputs, now);
    });
  }

  Nat* nat_ = nullptr;
  std::array<uint64_t, kOutputs> counts_ {};
  uint64_t held_ = 0;
  uint64_t next_look_ = 1;
};

}  // namespace clickup
