// Packets that an element held back when its worker paused, in a state table, for the same element of the next worker.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "driver/packet.hh"
#include "state_table/state_table.hh"

namespace clickup {

// `Layout` has the fields owner, number, piece (key), timestamp, destination, length, front, mac_header,
// network_header, transport_header, vlan, paint and data. A packet that is longer than `data` lies in several records.
template <class Layout>
class PacketStore {
 public:
  static constexpr uint32_t kPiece = sizeof Layout::data;
  static constexpr uint32_t kFront = 64;  // bytes kept from before the data: stripped headers
  static constexpr uint32_t kMostPieces = (kFront + kMaxPacket + kPiece - 1) / kPiece;  // of a packet
  static constexpr uint64_t kWorthKeeping = 1'000'000'000;  // ns; older packets would only delay new ones

  // Equal in every release.
  static uint64_t owner(std::string_view name) {
    uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
    for (char c : name) hash = (hash ^ uint8_t(c)) * 0x100000001b3u;
    return hash;
  }

  StateTable<Layout>& records() { return records_; }

  // Copies a packet; `number` is its place among the owner's. False when there is no room for all of it.
  bool put(uint64_t owner, uint32_t number, const Packet& packet, uint64_t now) {
    Layout record;
    record.owner = owner;
    record.number = number;
    describe(packet, record);
    const uint8_t* kept = packet.data() - record.front;
    uint32_t bytes = record.front + record.length;
    for (uint32_t at = 0; at < bytes || at == 0; at += kPiece, ++record.piece) {
      std::memcpy(record.data, kept + at, std::min(kPiece, bytes - at));
      auto always = [](const Layout&) { return true; };
      uint32_t index = records_.insert(record, records_.hash(record), now + kWorthKeeping, now, always);
      if (index == StateTable<Layout>::kNone) return false;
    }
    return true;
  }

  // Takes all packets of an owner out, in order: `receive(Packet*)` owns each. Incomplete packets are skipped.
  template <class Receive>
  void take(uint64_t owner, uint64_t now, const Receive& receive) {
    std::vector<uint32_t> mine;
    for (uint32_t index = 0; index < records_.fresh(); ++index) {
      if (records_.used(index) && records_.at(index).owner == owner) mine.push_back(index);
    }
    std::sort(mine.begin(), mine.end(), [this](uint32_t a, uint32_t b) { return order(a) < order(b); });
    for (size_t first = 0, end = 0; first < mine.size(); first = end) {
      while (end < mine.size() && records_.at(mine[end]).number == records_.at(mine[first]).number) ++end;
      std::span<const uint32_t> pieces{mine.data() + first, end - first};
      if (records_.deadline(pieces[0]) <= now) continue;
      if (Packet* packet = assembled(pieces)) receive(packet);
    }
    // The place freed last is used first: packets are stored in their order again, and a smaller table keeps the first
    // ones.
    for (auto index = mine.rbegin(); index != mine.rend(); ++index) records_.erase(*index);
  }

 private:
  static void describe(const Packet& packet, Layout& record) {
    record.length = packet.length;
    record.front = std::min(packet.begin, kFront);
    uint32_t first = packet.begin - record.front, end = packet.begin + packet.length;
    auto from_first = [first, end](uint32_t header) {
      return header >= first && header <= end ? header - first : Packet::kNoHeader;
    };
    record.mac_header = from_first(packet.mac_header);
    record.network_header = from_first(packet.network_header);
    record.transport_header = from_first(packet.transport_header);
    record.timestamp = packet.timestamp_ns;
    std::memcpy(record.destination, packet.destination_ip6, sizeof record.destination);
    record.vlan = packet.vlan_tci;
    record.paint = packet.paint;
  }

  uint64_t order(uint32_t index) const { return uint64_t(records_.at(index).number) << 32 | records_.at(index).piece; }

  Packet* assembled(std::span<const uint32_t> pieces) const {
    const Layout& head = records_.at(pieces[0]);
    uint64_t bytes = uint64_t(head.front) + head.length;
    bool whole = head.front <= kHeadroom && head.length <= kMaxPacket && head.piece == 0 &&
                 pieces.size() == std::max<uint64_t>((bytes + kPiece - 1) / kPiece, 1);
    Packet* packet = whole ? packet_pool().allocate() : nullptr;
    if (!packet) return nullptr;
    uint32_t first = packet->begin - head.front;
    for (size_t i = 0; i < pieces.size(); ++i) {
      size_t at = i * kPiece;
      std::memcpy(packet->buffer + first + at, records_.at(pieces[i]).data, std::min<size_t>(kPiece, bytes - at));
    }
    packet->length = head.length;
    auto from_buffer = [first, bytes](uint32_t header) { return header <= bytes ? first + header : Packet::kNoHeader; };
    packet->mac_header = from_buffer(head.mac_header);
    packet->network_header = from_buffer(head.network_header);
    packet->transport_header = from_buffer(head.transport_header);
    packet->timestamp_ns = head.timestamp;
    std::memcpy(packet->destination_ip6, head.destination, sizeof head.destination);
    packet->vlan_tci = head.vlan;
    packet->paint = head.paint;
    return packet;
  }

  StateTable<Layout> records_;
};

}  // namespace clickup
