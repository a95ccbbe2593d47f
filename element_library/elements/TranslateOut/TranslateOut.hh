// TranslateOut(NAT): gives packets from inside the outside addresses and ports of a Nat.
#pragma once

#include "driver/element.hh"
#include "elements/Nat/Nat.hh"
#include "elements/Nat/nat_batch.hh"

namespace clickup {

class TranslateOut : public Element {
 public:
  const char* class_name() const override { return "TranslateOut"; }
  const char* port_count() const override { return "1/1-5"; }
  const char* processing() const override { return "h/h"; }

  void configure(Arguments& arguments, Errors& errors) override {
    Element* nat = nullptr;
    arguments.positional_element("NAT", "Nat", nat).finish(errors);
    nat_ = static_cast<Nat*>(nat);
  }

  void add_handlers(HandlerTable& handlers) override {
    static constexpr const char* kNames[kOutputs] = {"translated", "hairpin", "unsolicited", "refused", "invalid"};
    for (size_t i = 0; i < kOutputs; ++i) {
      handlers.read(kNames[i], [this, i] { return std::to_string(counts_[i]); });
    }
    handlers.read("held", [this] { return std::to_string(held_); });
  }

  void push(int, Batch& batch) override {
    NatKernel& kernel = nat_->kernel();
    NatPackets packets;
    for (uint32_t i = 0; i < batch.count; ++i) {
      Packet& packet = *batch.items[i];
      NatPacket& read = packets.make(i, packet);
      if (packet.network()) kernel.read_out(packet.network(), packet.network_length(), read);
    }
    for (uint32_t i = 0; i < batch.count; ++i) kernel.prefetch_session(packets[i]);
    NatOutputs<kOutputs> outputs(*this, counts_);
    uint64_t now = now_ns();
    for (uint32_t i = 0; i < batch.count; ++i) translate(*batch.items[i], packets[i], outputs, now);
    batch.count = 0;
  }

 private:
  static constexpr size_t kOutputs = 5;

  void translate(Packet& packet, NatPacket& read, NatOutputs<kOutputs>& outputs, uint64_t now) {
    NatVerdict verdict = nat_->kernel().translate_out(read, now);
    if (verdict == NatVerdict::held) {
      ++held_;
      return packet_pool().release(&packet);
    }
    bool goes_on = verdict == NatVerdict::translated || verdict == NatVerdict::hairpin;
    if (goes_on) annotate(packet);
    outputs.add(size_t(verdict), &packet);
    if (goes_on && read.first_fragment) release_fragments(read, outputs, now);
  }

  void release_fragments(const NatPacket& first, NatOutputs<kOutputs>& outputs, uint64_t now) {
    nat_->kernel().take_fragments(first, false, now, [&](const NatHeld& held) {
      Packet* packet = packet_of(held);
      if (!packet) return;
      NatPacket read;
      nat_->kernel().read_out(packet->network(), packet->network_length(), read);
      translate(*packet, read, outputs, now);
    });
  }

  Nat* nat_ = nullptr;
  std::array<uint64_t, kOutputs> counts_ {};
  uint64_t held_ = 0;
};

}  // namespace clickup
