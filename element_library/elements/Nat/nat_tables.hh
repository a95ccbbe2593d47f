// The tables of a NAT, and the words in which the rest of it speaks of their records.
#pragma once

#include <cstring>

#include "elements/Nat/nat_packet.hh"
#include "layouts/Nat.layout.hh"
#include "state_table/state_table.hh"
#include "support/tcp_tracker/tcp_fields.hh"
#include "support/tcp_tracker/tcp_restored.hh"

namespace clickup {

using NatSession = TranslationsLayout;
using NatMapping = MappingsLayout;
using NatPort = OutsidePortsLayout;
using NatHost = InsideHostsLayout;
using NatFragment = NatFragmentsLayout;
using NatHeld = NatHeldLayout;
using NatCounters = NatCountersLayout;

inline constexpr uint8_t kNatForward = 1;                   // bit of NatPort::flags
inline constexpr uint64_t kNatForever = uint64_t(1) << 62;  // deadline of records that do not expire
inline constexpr uint32_t kNatMostForwards = 1024;
inline constexpr uint32_t kNatFragments = 4096;
inline constexpr uint32_t kNatHeldKinds = 3, kNatHeldShare = 256;  // packets of one kind that wait

struct NatTables {
  StateTable<NatSession> sessions;
  StateTable<NatMapping> mappings;
  StateTable<NatPort> ports;
  StateTable<NatHost> hosts;
  StateTable<NatFragment> fragments;
  StateTable<NatHeld> held;
  StateTable<NatForwardsLayout> forwards;
  StateTable<NatCounters> counters;

  // Calls `action(table, capacity)` for each, where the NAT has room for `sessions_capacity` sessions.
  template <class Action>
  void each(uint32_t sessions_capacity, const Action& action) {
    action(sessions, sessions_capacity);
    action(mappings, 2 * sessions_capacity);  // as many as outside ports
    action(ports, 2 * sessions_capacity);
    action(hosts, 2 * sessions_capacity);
    action(fragments, kNatFragments);
    action(held, kNatHeldKinds * kNatHeldShare);
    action(forwards, 2 * kNatMostForwards);
    action(counters, kMinCapacity);
  }
};

struct NatEndpoint {
  uint32_t address = 0;  // in network byte order
  uint16_t port = 0;
  uint8_t protocol = 0;

  bool operator==(const NatEndpoint&) const = default;
};

inline uint32_t load_address(const uint8_t (&bytes)[4]) {
  uint32_t address;
  std::memcpy(&address, bytes, 4);
  return address;
}
inline void store_address(uint8_t (&bytes)[4], uint32_t address) { std::memcpy(bytes, &address, 4); }

inline NatEndpoint source_of(const NatEnds& ends) { return {ends.source, ends.source_port, ends.protocol}; }
inline NatEndpoint destination_of(const NatEnds& ends) {
  return {ends.destination, ends.destination_port, ends.protocol};
}

template <class Record>
inline NatEndpoint inside_of(const Record& record) {
  return {load_address(record.inside_address), record.inside_port, record.protocol};
}
template <class Record>
inline NatEndpoint outside_of(const Record& record) {
  return {load_address(record.outside_address), record.outside_port, record.protocol};
}
template <class Record>
inline void set_inside(Record& record, const NatEndpoint& inside) {
  store_address(record.inside_address, inside.address);
  record.inside_port = inside.port;
  record.protocol = inside.protocol;
}
template <class Record>
inline void set_outside(Record& record, const NatEndpoint& outside) {
  store_address(record.outside_address, outside.address);
  record.outside_port = outside.port;
  record.protocol = outside.protocol;
}

inline NatSession session_key(const NatEndpoint& inside, const NatEndpoint& remote) {
  NatSession key;
  set_inside(key, inside);
  store_address(key.remote_address, remote.address);
  key.remote_port = remote.port;
  return key;
}
inline NatMapping mapping_key(const NatEndpoint& inside) {
  NatMapping key;
  set_inside(key, inside);
  return key;
}
inline NatPort port_key(const NatEndpoint& outside) {
  NatPort key;
  set_outside(key, outside);
  return key;
}
inline NatHost host_key(uint32_t address) {
  NatHost key;
  store_address(key.inside_address, address);
  return key;
}

// By key, or kNone.
template <class Record>
inline uint32_t find_record(const StateTable<Record>& table, const Record& key, uint64_t now) {
  return table.find(key, table.hash(key), now);
}
// Adds or replaces; false when there is no room. Expired records, and those that `stays(const Record&)` denies, make
// way.
template <class Record, class Stays>
inline bool put_record(StateTable<Record>& table, const Record& record, uint64_t deadline, uint64_t now,
                       const Stays& stays) {
  uint64_t hash = table.hash(record);
  uint32_t index = table.find(record, hash, now);
  if (index != table.kNone) {
    table.write(index, record, deadline);
    return true;
  }
  return table.insert(record, hash, deadline, now, stays) != table.kNone;
}
template <class Record>
inline bool put_record(StateTable<Record>& table, const Record& record, uint64_t deadline, uint64_t now) {
  return put_record(table, record, deadline, now, [](const Record&) { return true; });
}

inline bool in_use(const NatPort& port) { return port.sessions > 0 || (port.flags & kNatForward); }

}  // namespace clickup
