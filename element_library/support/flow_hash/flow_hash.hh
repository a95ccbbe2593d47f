// Hashes of the flow that an IP packet belongs to.
#pragma once

#include <cstdint>
#include <cstring>

#include "support/ip_packet/ip_packet.hh"

namespace clickup {

// The fields by which packets belong together.
enum class FlowPart : uint8_t {
  flow,         // addresses, protocol and ports; the same for both directions
  addresses,    // both addresses; the same for both directions
  source,       // source address
  destination,  // destination address
};

namespace flow_hash_detail {

inline uint64_t mix(uint64_t value) {
  value = (value ^ value >> 32) * 0xd6e8feb86659fd93;
  value = (value ^ value >> 32) * 0xd6e8feb86659fd93;
  return value ^ value >> 32;
}

inline uint64_t of_address(const uint8_t* address, uint32_t size) {
  uint64_t words[2]{};
  std::memcpy(words, address, size);
  return mix(mix(words[0] + 0x9e3779b97f4a7c15) + words[1]);
}

}  // namespace flow_hash_detail

// All fragments of a datagram have the hash of its addresses and protocol: later ones lack the ports.
inline uint64_t flow_hash(const IpPacket& packet, FlowPart part) {
  using namespace flow_hash_detail;
  uint64_t source = of_address(packet.source(), packet.address_size());
  uint64_t destination = of_address(packet.destination(), packet.address_size());
  if (part == FlowPart::source) return source;
  if (part == FlowPart::destination) return destination;
  if (part == FlowPart::addresses) return mix(source + destination);
  bool has_ports =
      (packet.protocol == kTcp || packet.protocol == kUdp) && !packet.fragment && packet.transport_length() >= 4;
  uint32_t ports[2]{};
  if (has_ports) {
    ports[0] = load16(packet.transport_header());
    ports[1] = load16(packet.transport_header() + 2);
  }
  return mix(mix(source + ports[0]) + mix(destination + ports[1]) + packet.protocol);
}

// One of `buckets`; another number of buckets moves as few hashes as possible (Lamping, Veach: A Fast, Minimal
// Memory, Consistent Hash Algorithm, 2014).
inline int consistent_bucket(uint64_t hash, int buckets) {
  int64_t bucket = 0, next = 0;
  while (next < buckets) {
    bucket = next;
    hash = hash * 2862933555777941757ull + 1;
    next = int64_t(double(bucket + 1) * (double(1ll << 31) / double((hash >> 33) + 1)));
  }
  return int(bucket);
}

}  // namespace clickup
