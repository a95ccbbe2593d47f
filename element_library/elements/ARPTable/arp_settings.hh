// Translates Click's settings of an ARP table to those of ours.
#pragma once

#include "elements/NeighbourTable/neighbourhood.hh"
#include "support/live_handlers/live_duration.hh"

namespace clickup {

inline void read_arp_settings(Arguments& arguments, Errors& errors, Neighbourhood& state) {
  uint32_t packets = 2048, entries = 0, entry_packets = 0, slim_factor = 2;
  arguments.keyword("CAPACITY", packets).keyword("ENTRY_CAPACITY", entries);
  arguments.keyword("ENTRY_PACKET_CAPACITY", entry_packets).keyword("CAPACITY_SLIM_FACTOR", slim_factor);
  read_duration(arguments, errors, "TIMEOUT", state.policy.timeout, 0, 315360000);
  if (state.policy.timeout == 0) state.policy.timeout = uint64_t(1) << 62;
  if (slim_factor == 0) errors.add("CAPACITY_SLIM_FACTOR cannot be zero");
  if (packets > Neighbourhood::kMostWaiting || entry_packets > Neighbourhood::kMostWaiting) {
    errors.add("CAPACITY and ENTRY_PACKET_CAPACITY are at most " + std::to_string(Neighbourhood::kMostWaiting) +
               " packets");
  }
  if (entries > kMaxCapacity) errors.add("ENTRY_CAPACITY is at most " + std::to_string(kMaxCapacity) + " entries");
  state.most_waiting = packets ? packets : Neighbourhood::kMostWaiting;
  state.queue = entry_packets ? entry_packets : Neighbourhood::kMostWaiting;
  // A table has room for at least sixteen; a few more than requested do no harm.
  state.capacity = entries ? std::max(entries, kMinCapacity) : 65536;
}

// The handlers that ARPTable and ARPQuerier have in common.
inline void add_arp_readers(HandlerTable& handlers, const std::function<Neighbourhood&()>& state) {
  handlers.read("table", [state](std::string_view limit) {
    return table_text(state().records(), limit, [state](uint32_t index) { return state().click_line(index); });
  });
  handlers.read("count", [state] { return std::to_string(state().records().count()); });
  handlers.read("length", [state] { return std::to_string(state().waiting); });
}

}  // namespace clickup
