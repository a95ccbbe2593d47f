// The packets of a batch, what the NAT kernel read from each, and where they go.
#pragma once

#include <array>
#include <cstddef>
#include <new>
#include <type_traits>

#include "driver/element.hh"
#include "elements/Nat/nat_kernel.hh"

namespace clickup {

// On the stack, because an output may lead back into the same element.
class NatPackets {
 public:
  NatPacket& make(uint32_t index, Packet& packet) {
    auto* read = new (bytes_ + index * sizeof(NatPacket)) NatPacket;
    bool linked = packet.mac_header <= packet.network_header && packet.network_header - packet.mac_header <= kMostLink;
    read->link_length = linked ? uint8_t(packet.network_header - packet.mac_header) : 0;
    return *read;
  }
  NatPacket& operator[](uint32_t index) { return reinterpret_cast<NatPacket*>(bytes_)[index]; }

 private:
  static constexpr uint32_t kMostLink = 18;  // Ethernet with a tag
  static_assert(std::is_trivially_destructible_v<NatPacket>);

  alignas(NatPacket) std::byte bytes_[kBatchSize * sizeof(NatPacket)];
};

// One batch an output, handed on when it is full and in the end.
template <size_t outputs>
class NatOutputs {
 public:
  NatOutputs(Element& element, std::array<uint64_t, outputs>& counts) : element_(element), counts_(counts) {}
  NatOutputs(const NatOutputs&) = delete;
  ~NatOutputs() {
    for (size_t output = 0; output < outputs; ++output) hand_on(output);
  }

  void add(size_t output, Packet* packet) {
    batches_[output].add(packet);
    ++counts_[output];
    if (batches_[output].full()) hand_on(output);
  }

 private:
  void hand_on(size_t output) {
    if (!batches_[output].empty()) element_.push_or_release(int(output), batches_[output]);
  }

  Element& element_;
  std::array<uint64_t, outputs>& counts_;
  std::array<Batch, outputs> batches_;
};

// The annotation by which routes are looked up.
inline void annotate(Packet& packet) { std::memcpy(&packet.destination_ip, packet.network() + 16, 4); }

// A packet that waited, its data from the IP header on; nullptr when the pool is empty.
inline Packet* packet_of(const NatHeld& held) {
  Packet* packet = packet_pool().allocate();
  if (!packet) return nullptr;
  std::memcpy(packet->data() - held.link_length, held.data, size_t(held.link_length) + held.length);
  packet->length = held.length;
  packet->network_header = packet->begin;
  packet->transport_header = packet->begin + (packet->data()[0] & 15u) * 4;
  if (held.link_length) packet->mac_header = packet->begin - held.link_length;
  annotate(*packet);
  return packet;
}

}  // namespace clickup
