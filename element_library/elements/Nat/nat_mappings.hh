// Which outside endpoint an inside one has. A pair is in use while sessions or a forward use it, and then held down
// (RFC 6888 REQ-8): nobody but the endpoint that had it gets it back before it has expired.
#pragma once

#include "elements/Nat/nat_policy.hh"

namespace clickup {

class NatMappings {
 public:
  NatMappings(NatTables& tables, const NatPolicy& policy) : tables_(tables), policy_(policy) {}

  // The outside endpoint of an inside one, whoever it talks to (RFC 4787 REQ-1, RFC 5382 REQ-1): the one it has, its
  // forward's, or a free one. Nothing is recorded before attach(). False when none is free.
  bool choose(const NatEndpoint& inside, uint64_t now, NatEndpoint& outside) {
    uint32_t index = find_record(tables_.mappings, mapping_key(inside), now);
    if (index != kNone) {
      outside = outside_of(tables_.mappings.at(index));
      if (may_keep(inside, outside, now)) return true;
    }
    if (const NatForward* forward = policy_.forward_to(inside); forward && is_forward(forward->outside, now)) {
      outside = forward->outside;
      return true;
    }
    return choose_address(inside, now, outside);
  }

  // One session more between the two. False when a table is full.
  bool attach(const NatEndpoint& inside, const NatEndpoint& outside, uint64_t now) {
    NatPort port = port_key(outside);
    uint32_t index = find_record(tables_.ports, port, now);
    if (index != kNone) port = tables_.ports.at(index);
    if (!(index != kNone && in_use(port)) && !begin(port, inside, now)) return false;
    ++port.sessions;
    ++counters_.sessions;
    save_counters();
    return put_record(tables_.ports, port, kNatForever, now);
  }

  // A session is over; with the last one the endpoint goes into hold-down.
  void detach(const NatSession& session, uint64_t now) {
    --counters_.sessions;
    uint32_t index = find_record(tables_.ports, port_key(outside_of(session)), now);
    if (index == kNone || tables_.ports.at(index).sessions == 0) return save_counters();
    NatPort port = tables_.ports.at(index);
    --port.sessions;
    if (in_use(port)) {
      tables_.ports.write(index, port, kNatForever);
    } else {
      hold_down(index, port, now);
    }
    save_counters();
  }

  // Puts the pair of a forward into use; false while the endpoint belongs to another host.
  bool add_forward(const NatForward& forward, uint64_t now) {
    NatPort port = port_key(forward.outside);
    uint32_t index = find_record(tables_.ports, port, now);
    if (index != kNone) port = tables_.ports.at(index);
    bool used = index != kNone && in_use(port);
    if (index != kNone && inside_of(port) != forward.inside) return false;
    if (!used && !begin(port, forward.inside, now)) return false;
    port.flags |= kNatForward;
    save_counters();
    return put_record(tables_.ports, port, kNatForever, now);
  }
  void remove_forward(const NatEndpoint& outside, uint64_t now) {
    uint32_t index = find_record(tables_.ports, port_key(outside), now);
    if (index == kNone) return;
    NatPort port = tables_.ports.at(index);
    port.flags &= uint8_t(~kNatForward);
    if (in_use(port)) return tables_.ports.write(index, port, kNatForever);
    hold_down(index, port, now);
    save_counters();
  }

  NatCounters& counters() { return counters_; }
  const NatCounters& counters() const { return counters_; }
  void load_counters() {
    uint32_t index = find_record(tables_.counters, NatCounters(), 1);
    counters_ = index == kNone ? NatCounters() : tables_.counters.at(index);
  }
  void save_counters() { put_record(tables_.counters, counters_, kNatForever, 1); }

 private:
  static constexpr uint32_t kNone = ~0u;
  static constexpr uint32_t kMostPorts = 128;    // drawn in search of a free one
  static constexpr uint32_t kMostAddresses = 4;  // for a host that has none yet

  bool may_keep(const NatEndpoint& inside, const NatEndpoint& outside, uint64_t now) const {
    uint32_t index = find_record(tables_.ports, port_key(outside), now);
    if (index == kNone || inside_of(tables_.ports.at(index)) != inside) return false;
    return in_use(tables_.ports.at(index)) || policy_.is_external(outside.address);
  }
  bool is_forward(const NatEndpoint& outside, uint64_t now) const {
    uint32_t index = find_record(tables_.ports, port_key(outside), now);
    return index != kNone && (tables_.ports.at(index).flags & kNatForward);
  }

  // All endpoints of a host get one address (RFC 4787 REQ-2, "paired"), also when that has no port left.
  bool choose_address(const NatEndpoint& inside, uint64_t now, NatEndpoint& outside) {
    uint32_t index = find_record(tables_.hosts, host_key(inside.address), now);
    if (index != kNone) {
      uint32_t paired = load_address(tables_.hosts.at(index).outside_address);
      if (policy_.is_external(paired)) return choose_port(inside, paired, now, outside);
    }
    uint32_t count = uint32_t(policy_.external.size()), tries = std::min(count, kMostAddresses);
    uint64_t first = count ? scatter(inside.address) % count : 0;
    for (uint32_t i = 0; i < tries; ++i) {
      if (choose_port(inside, policy_.external[(first + i) % count], now, outside)) return true;
    }
    return false;
  }

  // Its own port where that is free; else one of the same range and parity (RFC 4787 REQ-3a, REQ-4), not to be guessed
  // (RFC 7857 section 9). Never one that is in use (RFC 4787 REQ-3, RFC 5382 REQ-7).
  bool choose_port(const NatEndpoint& inside, uint32_t address, uint64_t now, NatEndpoint& outside) {
    outside = {address, inside.port, inside.protocol};
    Ports ports = ports_for(inside);
    bool own = inside.port >= ports.first && inside.port <= ports.last;
    if (own && is_free(outside, inside, now)) return true;
    if (ports.count() <= 1) return false;
    // Not consecutively: hosts use consecutive ports, so that long runs of them are taken.
    bool few = ports.count() <= kMostPorts;
    for (uint32_t i = 0; i < std::min(kMostPorts, ports.count()); ++i) {
      uint64_t drawn = few ? i : scatter(++counters_.draws);
      outside.port = uint16_t(ports.first_alike + drawn % ports.count() * ports.step);
      if (is_free(outside, inside, now)) return true;
    }
    return false;
  }
  bool is_free(const NatEndpoint& outside, const NatEndpoint& inside, uint64_t now) const {
    uint32_t index = find_record(tables_.ports, port_key(outside), now);
    if (index == kNone) return true;
    return !in_use(tables_.ports.at(index)) && inside_of(tables_.ports.at(index)) == inside;
  }

  struct Ports {
    uint32_t first, last;
    uint32_t step;
    uint32_t first_alike;  // first one of the same parity

    uint32_t count() const { return last < first_alike ? 0 : (last - first_alike) / step + 1; }
  };
  Ports ports_for(const NatEndpoint& inside) const {
    if (inside.protocol == protocol::icmp) return {0, 65535, 1, 0};
    if (inside.protocol != protocol::tcp && inside.protocol != protocol::udp) return {0, 0, 1, 0};
    uint32_t first = inside.port < 1024 ? 1 : policy_.first_port, last = inside.port < 1024 ? 1023 : policy_.last_port;
    return {first, last, 2, first + (first + inside.port) % 2};
  }

  // Not to be foreseen without the seed, which lies in the table.
  uint64_t scatter(uint64_t number) const {
    uint64_t seed = tables_.sessions.header().hash_seed;
    return fold_multiply(number ^ seed, (seed << 32 | seed >> 32) ^ 0x9e3779b97f4a7c15u);
  }

  // A pair comes into use, or does so again.
  bool begin(NatPort& port, const NatEndpoint& inside, uint64_t now) {
    set_inside(port, inside);
    port.sessions = 0;
    port.since = now;
    if (!put_record(tables_.ports, port, kNatForever, now)) return false;
    if (!enter(inside, outside_of(port), now)) {
      tables_.ports.erase(find_record(tables_.ports, port, now));
      return false;
    }
    ++counters_.mappings;
    return true;
  }
  bool enter(const NatEndpoint& inside, const NatEndpoint& outside, uint64_t now) {
    NatHost host = host_key(inside.address);
    uint32_t known = find_record(tables_.hosts, host, now);
    if (known != kNone) host = tables_.hosts.at(known);
    // A forward does not bind its host to its address, unless that has none.
    if (host.mappings == 0 || !policy_.is_external(load_address(host.outside_address))) {
      store_address(host.outside_address, outside.address);
    }
    ++host.mappings;
    if (!put_record(tables_.hosts, host, kNatForever, now)) return false;
    NatMapping mapping = mapping_key(inside);
    set_outside(mapping, outside);
    uint32_t index = find_record(tables_.mappings, mapping, now);
    if (index != kNone && is_mapped(tables_.mappings.at(index), now)) return true;  // a forward gives it a second one
    if (put_record(tables_.mappings, mapping, kNatForever, now)) return true;
    leave(inside.address, now, now);
    return false;
  }
  // The host has one mapping less; with the last one it waits `until` then.
  void leave(uint32_t address, uint64_t until, uint64_t now) {
    uint32_t index = find_record(tables_.hosts, host_key(address), now);
    if (index == kNone) return;
    NatHost host = tables_.hosts.at(index);
    host.mappings -= host.mappings > 0;
    tables_.hosts.write(index, host, host.mappings ? kNatForever : until);
  }
  bool is_mapped(const NatMapping& mapping, uint64_t now) const {
    uint32_t index = find_record(tables_.ports, port_key(outside_of(mapping)), now);
    return index != kNone && in_use(tables_.ports.at(index)) &&
           inside_of(tables_.ports.at(index)) == inside_of(mapping);
  }

  void hold_down(uint32_t index, NatPort port, uint64_t now) {
    uint64_t until = now + policy_[NatTimeout::hold_down];
    port.since = now;
    tables_.ports.write(index, port, until);
    --counters_.mappings;
    uint32_t mapping = find_record(tables_.mappings, mapping_key(inside_of(port)), now);
    if (mapping != kNone && outside_of(tables_.mappings.at(mapping)) == outside_of(port)) {
      tables_.mappings.write(mapping, tables_.mappings.at(mapping), until);
    }
    leave(load_address(port.inside_address), until, now);
  }

  NatTables& tables_;
  const NatPolicy& policy_;
  NatCounters counters_;
};

}  // namespace clickup
