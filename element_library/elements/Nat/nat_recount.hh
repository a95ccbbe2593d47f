// Makes the tables of a NAT agree again, after a worker that was killed between writing two of them, or records that
// come from a file, where each table is of another moment, or did not all come along. Sessions are what counts:
// everything else follows from them, except what is held down. One pass over each table; never needed after a worker
// that paused.
#pragma once

#include "elements/Nat/nat_mappings.hh"

namespace clickup {

class NatRecount {
 public:
  NatRecount(NatTables& tables, const NatPolicy& policy, NatMappings& mappings, uint64_t now)
      : tables_(tables), policy_(policy), mappings_(mappings), now_(now) {}

  void run() {
    forget_use();
    enter_forwards();
    if (!enter_sessions(false)) {
      forget_held();
      enter_sessions(true);
    }
    mappings_.save_counters();
  }

 private:
  static constexpr uint32_t kNone = ~0u;

  template <class Record, class Action>
  static void each(StateTable<Record>& table, const Action& action) {
    for (uint32_t index = 0; index < table.fresh(); ++index) {
      if (table.used(index)) action(index, Record(table.at(index)));
    }
  }

  // Every mapping counts as held down until a session that uses it is found.
  void forget_use() {
    uint64_t until = now_ + std::max<uint64_t>(policy_[NatTimeout::hold_down], 1);
    auto held = [until](uint64_t deadline) { return std::min(deadline, until); };
    each(tables_.ports, [&](uint32_t index, NatPort port) {
      port.sessions = 0;
      port.flags = 0;
      tables_.ports.write(index, port, held(tables_.ports.deadline(index)));
    });
    each(tables_.mappings, [&](uint32_t index, const NatMapping& mapping) {
      tables_.mappings.write(index, mapping, held(tables_.mappings.deadline(index)));
    });
    each(tables_.hosts, [&](uint32_t index, NatHost host) {
      host.mappings = 0;
      tables_.hosts.write(index, host, held(tables_.hosts.deadline(index)));
    });
    mappings_.counters().sessions = mappings_.counters().mappings = 0;
  }
  void enter_forwards() {
    each(tables_.forwards, [&](uint32_t index, const NatForwardsLayout& forward) {
      if (!mappings_.add_forward({outside_of(forward), inside_of(forward)}, now_)) tables_.forwards.erase(index);
    });
  }
  // A session whose outside endpoint belongs to another host by now has ended. False when there was no room for some;
  // with `rest` only those are entered, and end if there is still no room.
  bool enter_sessions(bool rest) {
    bool all = true;
    each(tables_.sessions, [&](uint32_t index, const NatSession& session) {
      uint32_t place = find_record(tables_.ports, port_key(outside_of(session)), now_);
      bool others = place != kNone && inside_of(tables_.ports.at(place)) != inside_of(session);
      if (rest && place != kNone && !others) return;
      bool entered = !others && mappings_.attach(inside_of(session), outside_of(session), now_);
      if (others || (rest && !entered)) tables_.sessions.erase(index);
      all &= entered || others;
    });
    return all;
  }
  // Tables that have shrunk have no room for unused mappings.
  void forget_held() {
    auto unused = [](const auto& table, uint32_t index) { return table.deadline(index) != kNatForever; };
    each(tables_.ports, [&](uint32_t index, const NatPort&) {
      if (unused(tables_.ports, index)) tables_.ports.erase(index);
    });
    each(tables_.mappings, [&](uint32_t index, const NatMapping&) {
      if (unused(tables_.mappings, index)) tables_.mappings.erase(index);
    });
    each(tables_.hosts, [&](uint32_t index, const NatHost&) {
      if (unused(tables_.hosts, index)) tables_.hosts.erase(index);
    });
  }

  NatTables& tables_;
  const NatPolicy& policy_;
  NatMappings& mappings_;
  uint64_t now_;
};

}  // namespace clickup
