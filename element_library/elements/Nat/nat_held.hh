// Waiting packets, in a table, so that the worker that forwards then can send them. Each kind has a share of the table:
// scans and floods from outside take no room from hosts inside, nor SYNs from fragments.
#pragma once

#include <array>

#include "elements/Nat/nat_tables.hh"
#include "state_table/moment.hh"

namespace clickup {

enum class NatHeldKind : uint8_t { fragment_from_inside, fragment_from_outside, syn };

class NatHeldPackets {
 public:
  explicit NatHeldPackets(StateTable<NatHeld>& table) : table_(table) {}

  // After the table has begun to be written by this process.
  void resume() {
    shares_ = {};
    for (uint32_t index = 0; index < table_.fresh(); ++index) {
      if (table_.used(index)) ++share_of(table_.at(index)).count;
    }
  }

  // A fragment before the first one of its datagram (RFC 4787 REQ-14). Shares bound what an attacker can make it keep
  // (REQ-14a), and the oldest makes way: most wait for milliseconds, so that a flood has to be fast to part them.
  void hold_fragment(const NatPacket& packet, bool from_outside, uint64_t now) {
    NatHeld held = fragment_key(packet, from_outside);
    while (find_record(table_, held, now) != kNone) {
      if (++held.second == kMostOfOne) return void(++dropped_);
    }
    if (share_of(held).count == kNatHeldShare) make_way(held.kind);
    put(held, packet, now + kFragmentWaits, now);
  }
  // `emit(const NatHeld&)` gets each fragment that waited for this first one.
  template <class Emit>
  void take_fragments(const NatPacket& first, bool from_outside, uint64_t now, const Emit& emit) {
    NatHeld held = fragment_key(first, from_outside);
    for (; share_of(held).count > 0 && held.second < kMostOfOne; ++held.second) {
      uint32_t index = find_record(table_, held, now);
      if (index == kNone) return;
      take(index, emit);
    }
  }

  // An unsolicited SYN is not answered for six seconds, nor ever when its connection is opened from inside meanwhile
  // (RFC 5382 REQ-4). One that finds no room is not answered at all: with older ones making way, nobody would be.
  void hold_syn(const NatPacket& packet, uint64_t now) {
    NatHeld held = syn_key(source_of(packet), destination_of(packet));
    if (find_record(table_, held, now) != kNone) return;  // the same again
    if (share_of(held).count == kNatHeldShare) return void(++dropped_);
    held.due = now + kSynWaits;
    put(held, packet, held.due + kSynWaits, now);
  }
  void forget_syn(const NatEndpoint& source, const NatEndpoint& destination, uint64_t now) {
    if (share(NatHeldKind::syn).count == 0) return;
    uint32_t index = find_record(table_, syn_key(source, destination), now);
    if (index != kNone) erase(index);
  }
  // `emit(const NatHeld&)` gets each SYN that has waited long enough.
  template <class Emit>
  void take_late_syns(uint64_t now, const Emit& emit) {
    if (share(NatHeldKind::syn).count == 0) return;
    for (uint32_t index = 0; index < table_.fresh(); ++index) {
      const NatHeld& held = table_.at(index);
      bool late = table_.used(index) && held.kind == uint8_t(NatHeldKind::syn) && reached(held.due, now);
      if (late) take(index, emit);
    }
  }

  void expire(uint64_t now, uint32_t budget) {
    table_.expire(now, budget, [this](const NatHeld& old) { --share_of(old).count; });
  }
  // Packets that could not wait, or no longer.
  uint64_t dropped() const { return dropped_; }

 private:
  static constexpr uint32_t kNone = ~0u;
  static constexpr uint16_t kMostOfOne = 48;  // more than 64 kB are in pieces of 1500 bytes
  static constexpr uint64_t kFragmentWaits = 5'000'000'000, kSynWaits = 6'000'000'000;  // ns

  static NatHeld fragment_key(const NatPacket& packet, bool from_outside) {
    auto kind = from_outside ? NatHeldKind::fragment_from_outside : NatHeldKind::fragment_from_inside;
    return key(packet.source, packet.destination, packet.identification, 0, packet.protocol, kind);
  }
  static NatHeld syn_key(const NatEndpoint& source, const NatEndpoint& destination) {
    return key(source.address, destination.address, source.port, destination.port, source.protocol, NatHeldKind::syn);
  }
  static NatHeld key(uint32_t source, uint32_t destination, uint16_t first, uint16_t second, uint8_t protocol,
                     NatHeldKind kind) {
    NatHeld held;
    store_address(held.source, source);
    store_address(held.destination, destination);
    held.first = first;
    held.second = second;
    held.protocol = protocol;
    held.kind = uint8_t(kind);
    return held;
  }

  struct Share {
    uint32_t count = 0;
    uint32_t hand = 0;  // where the search for the oldest continues
  };
  Share& share(NatHeldKind kind) { return shares_[size_t(kind)]; }
  Share& share_of(const NatHeld& held) { return shares_[held.kind % kNatHeldKinds]; }
  void erase(uint32_t index) {
    --share_of(table_.at(index)).count;
    table_.erase(index);
  }

  // A new packet takes the place of the removed one, so that going round meets the oldest first.
  void make_way(uint8_t kind) {
    uint32_t& hand = shares_[kind].hand;
    for (uint32_t left = table_.fresh(); left > 0; --left) {
      if (hand >= table_.fresh()) hand = 0;
      uint32_t index = hand++;
      if (!table_.used(index) || table_.at(index).kind != kind) continue;
      ++dropped_;
      return erase(index);
    }
  }

  void put(NatHeld& held, const NatPacket& packet, uint64_t deadline, uint64_t now) {
    uint32_t bytes = packet.link_length + packet.bytes;
    if (bytes > sizeof held.data) return void(++dropped_);
    std::memcpy(held.data, packet.ip - packet.link_length, bytes);
    held.link_length = packet.link_length;
    held.length = uint16_t(packet.bytes);
    auto stays = [](const NatHeld&) { return true; };
    auto gone = [this](const NatHeld& old) { --share_of(old).count; };
    bool found_room = table_.insert(held, table_.hash(held), deadline, now, stays, gone) != kNone;
    share_of(held).count += found_room;
    dropped_ += !found_room;
  }
  template <class Emit>
  void take(uint32_t index, const Emit& emit) {
    NatHeld held = table_.at(index);
    erase(index);
    emit(held);
  }

  StateTable<NatHeld>& table_;
  std::array<Share, kNatHeldKinds> shares_;
  uint64_t dropped_ = 0;
};

}  // namespace clickup
