// TranslateOut(NAT): gives packets from inside the outside addresses and ports of a Nat.
#pragma once

#include "elements/Nat/translator.hh"

namespace clickup {

class TranslateOut : public Translator<5> {
 public:
  TranslateOut() : Translator({"translated", "hairpin", "unsolicited", "refused", "invalid"}) {}

  void push(int, Batch& batch) override {
    NatPackets packets;
    for (uint32_t i = 0; i < batch.count; ++i) {
      Packet& packet = *batch.items[i];
      NatPacket& read = packets.make(i, packet);
      if (packet.network()) kernel().read_out(packet.network(), packet.network_length(), read);
    }
    for (uint32_t i = 0; i < batch.count; ++i) kernel().prefetch_session(packets[i]);
    Outputs outputs = open_outputs();
    uint64_t now = now_ns();
    for (uint32_t i = 0; i < batch.count; ++i) translate(*batch.items[i], packets[i], outputs, now);
    batch.count = 0;
  }

 private:
  void translate(Packet& packet, NatPacket& read, Outputs& outputs, uint64_t now) {
    NatVerdict verdict = kernel().translate_out(read, now);
    if (verdict == NatVerdict::held) return keep(packet);
    bool goes_on = verdict == NatVerdict::translated || verdict == NatVerdict::hairpin;
    if (goes_on) annotate(packet);
    outputs.add(size_t(verdict), &packet);
    if (!goes_on || !read.first_fragment) return;
    release_fragments(read, false, now, [&](Packet& later, NatPacket& it) { translate(later, it, outputs, now); });
  }
};

}  // namespace clickup
