// Makes the active forwards match the wanted ones.
#pragma once

#include "elements/Nat/nat_mappings.hh"

namespace clickup {

// Compares each forward in force with each that is wanted: a millisecond when there are most of them.
inline void end_forwards(NatTables& tables, const NatPolicy& policy, NatMappings& mappings, uint64_t now) {
  auto wanted = [&policy](const NatForward& forward) {
    return std::find(policy.forwards.begin(), policy.forwards.end(), forward) != policy.forwards.end();
  };
  for (uint32_t index = 0; index < tables.forwards.fresh(); ++index) {
    if (!tables.forwards.used(index)) continue;
    NatForward old{outside_of(tables.forwards.at(index)), inside_of(tables.forwards.at(index))};
    if (wanted(old)) continue;
    mappings.remove_forward(old.outside, now);
    tables.forwards.erase(index);
  }
}

// How many have to wait, because their outside endpoint is in use or held down. A lookup each.
inline uint32_t begin_forwards(NatTables& tables, const NatPolicy& policy, NatMappings& mappings, uint64_t now) {
  uint32_t waiting = 0;
  for (const NatForward& forward : policy.forwards) {
    NatForwardsLayout record;
    set_inside(record, forward.inside);
    set_outside(record, forward.outside);
    if (find_record(tables.forwards, record, now) != ~0u) continue;
    bool begins = mappings.add_forward(forward, now) && put_record(tables.forwards, record, kNatForever, now);
    waiting += !begins;
  }
  return waiting;
}

// Call it after a change of the wanted ones. Returns how many have to wait: begin_forwards() tries them again.
inline uint32_t settle_forwards(NatTables& tables, const NatPolicy& policy, NatMappings& mappings, uint64_t now) {
  end_forwards(tables, policy, mappings, now);
  return begin_forwards(tables, policy, mappings, now);
}

}  // namespace clickup
