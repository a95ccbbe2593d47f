// Fragments: the first one of a datagram names its session, and leaves a record by which the others follow.
#pragma once

#include "elements/Nat/nat_errors.hh"
#include "elements/Nat/nat_held.hh"

namespace clickup {

// The translation that a packet gets.
struct NatTranslation {
  NatEndpoint source, destination;
  uint16_t identification = 0;
  bool hairpin = false;
};

class NatFragments {
 public:
  NatFragments(NatTables& tables, NatHeldPackets& held) : tables_(tables), held_(held) {}

  // Fragments that follow this first one will be translated alike.
  void expect(const NatPacket& first, bool from_outside, const NatTranslation& to, uint64_t now) {
    NatFragment record = key(first, from_outside);
    store_address(record.new_source, to.source.address);
    store_address(record.new_destination, to.destination.address);
    record.new_identification = to.identification;
    record.source_port = first.source_port;
    record.destination_port = first.destination_port;
    record.new_source_port = to.source.port;
    record.new_destination_port = to.destination.port;
    record.hairpin = to.hairpin;
    if (first.protocol == protocol::tcp) {
      uint32_t header = first.available - first.tcp.payload;
      record.header_length = uint8_t(header);
      record.end = first.tcp.end() - first.tcp.payload;
    }
    // In a flood the oldest ones make way: their datagrams are through, mostly.
    put_record(tables_.fragments, record, now + kWaits, now, [](const NatFragment&) { return false; });
  }

  NatVerdict translate(const NatPacket& packet, bool from_outside, uint64_t now) {
    uint32_t index = find_record(tables_.fragments, key(packet, from_outside), now);
    if (index == kNone) {
      held_.hold_fragment(packet, from_outside, now);
      return NatVerdict::held;
    }
    const NatFragment& record = tables_.fragments.at(index);
    rewrite_address(packet, NatEnd::source, load_address(record.new_source));
    rewrite_address(packet, NatEnd::destination, load_address(record.new_destination));
    rewrite_identification(packet, record.new_identification);
    if (packet.protocol == protocol::tcp) extend(packet, record, from_outside, now);
    return record.hairpin ? NatVerdict::hairpin : NatVerdict::translated;
  }

 private:
  static constexpr uint32_t kNone = ~0u;
  static constexpr uint64_t kWaits = 30'000'000'000;  // ns; as long as hosts wait for the rest

  static NatFragment key(const NatPacket& packet, bool from_outside) {
    NatFragment key;
    store_address(key.source, packet.source);
    store_address(key.destination, packet.destination);
    key.identification = packet.identification;
    key.protocol = packet.protocol;
    key.from_outside = from_outside;
    return key;
  }

  // The tracker has seen only the part of a segment in its first fragment: the rest counts as sent, too.
  void extend(const NatPacket& packet, const NatFragment& record, bool from_outside, uint64_t now) {
    uint32_t end = record.end + packet.fragment_offset * 8u + packet.available - record.header_length;
    NatEndpoint source{load_address(record.source), record.source_port, protocol::tcp};
    NatEndpoint destination{load_address(record.destination), record.destination_port, protocol::tcp};
    NatEndpoint new_source{load_address(record.new_source), record.new_source_port, protocol::tcp};
    NatEndpoint inside{load_address(record.new_destination), record.new_destination_port, protocol::tcp};
    if (!from_outside) extend(session_key(source, destination), false, end, now);
    if (from_outside || record.hairpin) extend(session_key(inside, new_source), true, end, now);
  }
  void extend(const NatSession& key, bool from_remote, uint32_t end, uint64_t now) {
    uint32_t index = find_record(tables_.sessions, key, now);
    if (index == kNone) return;
    NatSession session = tables_.sessions.at(index);
    TcpSide side = read_side(session, from_remote);
    side.end = later_sequence(side.end, end);
    write_side(session, from_remote, side);
    tables_.sessions.write(index, session, tables_.sessions.deadline(index));
  }

  NatTables& tables_;
  NatHeldPackets& held_;
};

}  // namespace clickup
