// The common part of TranslateOut and TranslateIn: the Nat they name, their counters, and the fragments that waited.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "driver/element.hh"
#include "elements/Nat/Nat.hh"
#include "elements/Nat/nat_batch.hh"

namespace clickup {

template <size_t outputs>
class Translator : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    Element* nat = nullptr;
    arguments.positional_element("NAT", "Nat", nat).finish(errors);
    nat_ = static_cast<Nat*>(nat);
  }

  void add_handlers(HandlerTable& handlers) override {
    for (size_t i = 0; i < outputs; ++i) {
      handlers.read(names_[i], [this, i] { return std::to_string(counts_[i]); });
    }
    handlers.read("held", [this] { return std::to_string(held_); });
  }

 protected:
  using Outputs = NatOutputs<outputs>;
  using Names = std::array<const char*, outputs>;

  explicit Translator(const Names& names) : names_(names) {}

  NatKernel& kernel() { return nat_->kernel(); }
  Outputs open_outputs() { return Outputs(*this, counts_); }

  // The kernel has a copy of it.
  void keep(Packet& packet) {
    ++held_;
    packet_pool().release(&packet);
  }

  template <class Translate>
  void release_fragments(const NatPacket& first, bool inwards, uint64_t now, Translate translate) {
    kernel().take_fragments(first, inwards, now, [&](const NatHeld& held) {
      Packet* packet = packet_of(held);
      if (!packet) return;
      NatPacket read;
      if (inwards) {
        kernel().read_in(packet->network(), packet->network_length(), read);
      } else {
        kernel().read_out(packet->network(), packet->network_length(), read);
      }
      translate(*packet, read);
    });
  }

 private:
  Names names_;
  Nat* nat_ = nullptr;
  std::array<uint64_t, outputs> counts_{};
  uint64_t held_ = 0;
};

}  // namespace clickup
