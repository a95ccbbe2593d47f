#include "supervisor/ring_size.hh"

namespace clickup {
namespace {
constexpr uint32_t kWireOverhead = 38;  // header, checksum, preamble and gap of an Ethernet frame (IEEE 802.3)
}

RingSize ring_size(const RingDemand& demand, uint64_t memory) {
  uint64_t full = demand.megabits * 1'000'000 / 8 / (demand.mtu + kWireOverhead) * demand.frame_bytes;
  uint64_t seen = demand.frame_rate * 5 / 4 * demand.frame_bytes;
  RingSize size{kLeastRing, RingBound::least};
  if (full > size.bytes) size = {full, RingBound::speed};
  if (seen > size.bytes) size = {seen, RingBound::measured};
  if (size.bytes > memory) size = {memory, RingBound::memory};
  return size;
}

std::string_view bound_word(RingBound bound) {
  constexpr std::string_view kWords[] = {"least", "speed", "measured", "memory"};
  return kWords[size_t(bound)];
}

}  // namespace clickup
