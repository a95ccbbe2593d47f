// A learning bridge (IEEE 802.1D 7.7 to 7.9): frames and names of ports in, where to out. It knows nothing of elements
// or routers.
//
// For a batch: read() every frame, prefetch() every frame, then decide() for one after the other.
#pragma once

#include <cstring>
#include <string_view>

#include "layouts/StationTable.layout.hh"
#include "state_table/state_table.hh"

namespace clickup {

using Station = StationsLayout;
using StationRecords = StateTable<Station>;

// The records that a full table keeps.
inline bool is_settled(const Station& station) { return station.settled != 0; }

struct PortName {
  uint8_t bytes[sizeof Station::port]{};

  static constexpr size_t kMost = sizeof Station::port;
  static PortName of(std::string_view text) {  // at most kMost characters
    PortName name;
    text.copy(reinterpret_cast<char*>(name.bytes), kMost);
    return name;
  }
  bool operator==(const PortName& other) const { return std::memcmp(bytes, other.bytes, sizeof bytes) == 0; }
};

struct BridgeFrame {
  bool whole = false;         // has an Ethernet header
  bool to_group = false;      // multicast, broadcast
  bool reserved = false;      // for the bridge itself and never forwarded (IEEE 802.1D 7.12.6)
  bool from_station = false;  // its source may be learned
  uint64_t source_hash = 0, destination_hash = 0;
  Station source, destination;  // key fields only
};

class BridgeKernel {
 public:
  static constexpr uint32_t kUnknown = ~0u;

  BridgeKernel(StationRecords& records, const uint64_t& ageing) : records_(records), ageing_(ageing) {}

  // `frame` is fresh. Starts to load the buckets.
  void read(const uint8_t* data, uint32_t length, bool vlans, BridgeFrame& frame) const {
    if (length < kHeader) return;
    frame.whole = true;
    frame.to_group = data[0] & 1;
    static constexpr uint8_t kReserved[5] = {0x01, 0x80, 0xc2, 0, 0};
    frame.reserved = std::memcmp(data, kReserved, sizeof kReserved) == 0 && data[5] < 0x10;
    static constexpr uint8_t kNobody[6]{};
    frame.from_station = !(data[6] & 1) && std::memcmp(data + 6, kNobody, sizeof kNobody) != 0;
    uint16_t vlan = vlans ? vlan_of(data, length) : 0;
    frame.source_hash = set(frame.source, data + 6, vlan);
    if (!frame.to_group) frame.destination_hash = set(frame.destination, data, vlan);
  }
  void prefetch(const BridgeFrame& frame) const {
    if (frame.from_station) records_.prefetch_record(frame.source_hash);
    if (frame.whole && !frame.to_group) records_.prefetch_record(frame.destination_hash);
  }

  // Learns that the source is behind `port`. True when it was behind another one.
  bool learn(const BridgeFrame& frame, const PortName& port, uint64_t now) {
    if (!frame.from_station) return false;
    uint32_t index = records_.find(frame.source, frame.source_hash, now);
    uint64_t deadline = now + ageing_;
    if (index == StationRecords::kNone) {
      Station station = frame.source;
      std::memcpy(station.port, port.bytes, sizeof station.port);
      records_.insert(station, frame.source_hash, deadline, now, is_settled);
      return false;
    }
    const Station& known = records_.at(index);
    bool moved = std::memcmp(known.port, port.bytes, sizeof port.bytes) != 0;
    uint64_t stored = records_.deadline(index);
    // Most frames arrive shortly after another one of the same station: those change nothing.
    if (!moved && stored <= deadline && deadline - stored < kRefresh) return false;
    Station station = known;
    std::memcpy(station.port, port.bytes, sizeof station.port);
    station.settled = !moved;
    records_.write(index, station, deadline);
    return moved;
  }

  // The name of the port behind which the destination is; nullptr: not known, or a group.
  const uint8_t* port_to(const BridgeFrame& frame, uint64_t now) const {
    if (frame.to_group) return nullptr;
    uint32_t index = records_.find(frame.destination, frame.destination_hash, now);
    return index == StationRecords::kNone ? nullptr : records_.at(index).port;
  }

 private:
  static constexpr uint32_t kHeader = 14;
  static constexpr uint64_t kRefresh = 1'000'000'000;  // ns

  // Frames that have a priority and no VLAN count as untagged (IEEE 802.1Q 9.6).
  static uint16_t vlan_of(const uint8_t* data, uint32_t length) {
    bool tagged = (data[12] == 0x81 && data[13] == 0x00) || (data[12] == 0x88 && data[13] == 0xa8);
    return tagged && length >= kHeader + 4 ? uint16_t((data[14] & 15) << 8 | data[15]) : 0;
  }
  uint64_t set(Station& station, const uint8_t* address, uint16_t vlan) const {
    std::memcpy(station.address, address, 6);
    station.vlan = vlan;
    uint64_t hash = records_.hash(station);
    records_.prefetch_bucket(hash);
    return hash;
  }

  StationRecords& records_;
  const uint64_t& ageing_;  // ns
};

}  // namespace clickup
