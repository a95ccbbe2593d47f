// Source and destination NAT for IPv4: packets as bytes, sessions and mappings as records of state tables, a verdict
// for each packet. It knows nothing of elements or routers, so that any host can run it.
//
// For a batch: read_out() every packet, prefetch_session() every packet, then translate_out() one after the other. From
// outside there is one lookup more: read_in(), prefetch_port(), read_session(), prefetch_session(), translate_in().
#pragma once

#include "elements/Nat/nat_fragments.hh"
#include "elements/Nat/nat_recount.hh"

namespace clickup {

class NatKernel {
 public:
  NatKernel(NatTables& tables, const NatPolicy& policy)
      : tables_(tables),
        policy_(policy),
        mappings_(tables, policy),
        sessions_(tables, policy, mappings_),
        held_(tables.held),
        fragments_(tables, held_) {}

  // `data` begins with an IPv4 header; `packet` is fresh, and points into `data` from now on.
  void read_out(uint8_t* data, uint32_t length, NatPacket& packet) const {
    read_nat_packet(data, length, packet);
    if (packet.kind == NatKind::flow) look_up_session(source_of(packet), destination_of(packet), packet);
  }
  void read_in(uint8_t* data, uint32_t length, NatPacket& packet) const {
    read_nat_packet(data, length, packet);
    if (packet.kind != NatKind::flow) return;
    packet.hash = tables_.ports.hash(port_key(destination_of(packet)));
    tables_.ports.prefetch_bucket(packet.hash);
  }
  void prefetch_port(const NatPacket& packet) const {
    if (packet.kind == NatKind::flow) tables_.ports.prefetch_record(packet.hash);
  }
  void read_session(NatPacket& packet, uint64_t now) const {
    if (packet.kind != NatKind::flow) return;
    uint32_t index = tables_.ports.find(port_key(destination_of(packet)), packet.hash, now);
    if (index != kNone) look_up_session(inside_of(tables_.ports.at(index)), source_of(packet), packet);
  }
  void prefetch_session(const NatPacket& packet) const {
    if (packet.kind == NatKind::flow) tables_.sessions.prefetch_record(packet.hash);
  }

  // A packet from inside.
  NatVerdict translate_out(NatPacket& packet, uint64_t now) {
    switch (packet.kind) {
      case NatKind::malformed: return NatVerdict::invalid;
      case NatKind::error: return NatErrors(tables_, policy_).translate_out(packet, now);
      case NatKind::fragment: return fragments_.translate(packet, false, now);
      case NatKind::flow: break;
    }
    NatTranslation to{source_of(packet), destination_of(packet), packet.identification, false};
    NatVerdict verdict = find_out(packet, to, now);
    if (verdict != NatVerdict::translated) return verdict;
    // Hosts that share an address would use the same identification at the same time (RFC 7857 section 10).
    if (packet.may_be_fragmented) rewrite_identification(packet, to.identification = next_identification());
    rewrite_end(packet, NatEnd::source, to.source.address, to.source.port);
    if (to.hairpin) rewrite_end(packet, NatEnd::destination, to.destination.address, to.destination.port);
    if (packet.first_fragment) fragments_.expect(packet, false, to, now);
    return to.hairpin ? NatVerdict::hairpin : NatVerdict::translated;
  }

  // A packet from outside. With `hold_syns`, an unsolicited SYN is kept for take_late_syns().
  NatVerdict translate_in(NatPacket& packet, bool hold_syns, uint64_t now) {
    switch (packet.kind) {
      case NatKind::malformed: return NatVerdict::invalid;
      case NatKind::error: return NatErrors(tables_, policy_).translate_in(packet, now);
      case NatKind::fragment: return fragments_.translate(packet, true, now);
      case NatKind::flow: break;
    }
    NatTranslation to{source_of(packet), destination_of(packet), packet.identification, false};
    NatVerdict verdict = find_in(packet, false, to, now);
    bool syn = packet.protocol == protocol::tcp && packet.may_open;
    if (verdict == NatVerdict::unsolicited && syn && hold_syns) {
      held_.hold_syn(packet, now);
      return NatVerdict::held;
    }
    if (verdict != NatVerdict::translated) return verdict;
    rewrite_end(packet, NatEnd::destination, to.destination.address, to.destination.port);
    if (packet.first_fragment) fragments_.expect(packet, true, to, now);
    return verdict;
  }

  // `emit(const NatHeld&)` gets the fragments that came before this first one, which was translated.
  template <class Emit>
  void take_fragments(const NatPacket& first, bool from_outside, uint64_t now, const Emit& emit) {
    held_.take_fragments(first, from_outside, now, emit);
  }
  // `emit(const NatHeld&)` gets the unsolicited SYNs that may be answered now.
  template <class Emit>
  void take_late_syns(uint64_t now, const Emit& emit) {
    held_.take_late_syns(now, emit);
  }

  NatMappings& mappings() { return mappings_; }
  NatSessions& sessions() { return sessions_; }
  NatHeldPackets& held() { return held_; }

  // This process writes the tables from now on. True when they may not have agreed, and sessions were counted anew.
  bool resume(uint64_t now) {
    bool apart = false;
    tables_.each(0, [&apart](auto& table, uint32_t) { apart |= table.resume().apart; });
    mappings_.load_counters();
    apart |= mappings_.counters().sessions != tables_.sessions.count();
    if (apart) NatRecount(tables_, policy_, mappings_, now).run();
    next_identification_ = mappings_.counters().identification;
    held_.resume();
    return apart;
  }

 private:
  static constexpr uint32_t kNone = ~0u;

  void look_up_session(const NatEndpoint& inside, const NatEndpoint& remote, NatPacket& packet) const {
    packet.hash = tables_.sessions.hash(session_key(inside, remote));
    tables_.sessions.prefetch_bucket(packet.hash);
  }

  NatVerdict find_out(const NatPacket& packet, NatTranslation& to, uint64_t now) {
    if (packet.protocol == protocol::icmp && !packet.asks) return NatVerdict::invalid;
    to.hairpin = policy_.is_external(packet.destination);
    NatSession key = session_key(source_of(packet), destination_of(packet));
    uint32_t index = tables_.sessions.find(key, packet.hash, now);
    if (index == kNone) return open_out(packet, to, now);
    NatSession session = tables_.sessions.at(index);
    TcpOutcome outcome = NatSessions::advance(session, packet, false);
    if (outcome == TcpOutcome::invalid) return NatVerdict::invalid;
    to.source = outside_of(session);
    if (to.hairpin) {
      NatVerdict verdict = come_in(packet, to, now);
      if (verdict != NatVerdict::translated) return verdict;
      // Room for the session of the other host may have been this one's.
      if ((index = tables_.sessions.find(key, packet.hash, now)) == kNone) return NatVerdict::refused;
    }
    if (outcome == TcpOutcome::reopens) {
      sessions_.reopen(index, packet, false, now);
    } else {
      sessions_.keep(index, session, packet, false, now);
    }
    return NatVerdict::translated;
  }

  NatVerdict open_out(const NatPacket& packet, NatTranslation& to, uint64_t now) {
    if (!packet.may_open) return NatVerdict::invalid;
    NatEndpoint inside = source_of(packet), remote = destination_of(packet);
    if (!mappings_.choose(inside, now, to.source)) {
      ++mappings_.counters().refused;
      mappings_.save_counters();
      return NatVerdict::refused;
    }
    if (to.hairpin) {
      NatVerdict verdict = come_in(packet, to, now);
      if (verdict != NatVerdict::translated) return verdict;
    }
    if (!sessions_.open(inside, to.source, remote, packet, false, now)) return NatVerdict::refused;
    if (packet.protocol == protocol::tcp) held_.forget_syn(remote, to.source, now);
    return NatVerdict::translated;
  }

  // From inside to an external address: it comes in as if from outside, with its external source (RFC 4787 REQ-9,
  // RFC 5382 REQ-8). Filtering is for who is outside.
  NatVerdict come_in(const NatPacket& packet, NatTranslation& to, uint64_t now) {
    NatPacket again = packet;
    again.source = to.source.address;
    again.source_port = to.source.port;
    return find_in(again, true, to, now);
  }

  NatVerdict find_in(const NatPacket& packet, bool from_inside, NatTranslation& to, uint64_t now) {
    if (packet.protocol == protocol::icmp && packet.asks) return NatVerdict::unsolicited;
    NatEndpoint outside = destination_of(packet), remote = source_of(packet);
    uint32_t place = find_record(tables_.ports, port_key(outside), now);
    if (place == kNone || !in_use(tables_.ports.at(place))) return NatVerdict::unsolicited;
    NatEndpoint inside = to.destination = inside_of(tables_.ports.at(place));
    bool admitted = from_inside || (tables_.ports.at(place).flags & kNatForward) ||
                    policy_.filtering == NatFiltering::endpoint_independent;
    uint32_t index = find_record(tables_.sessions, session_key(inside, remote), now);
    if (index == kNone) {
      if (!admitted) return NatVerdict::unsolicited;
      if (!packet.may_open) return NatVerdict::invalid;
      bool opened = sessions_.open(inside, outside, remote, packet, true, now);
      return opened ? NatVerdict::translated : NatVerdict::refused;
    }
    NatSession session = tables_.sessions.at(index);
    if (outside_of(session) != outside) return NatVerdict::invalid;
    TcpOutcome outcome = NatSessions::advance(session, packet, true);
    if (outcome == TcpOutcome::invalid) return NatVerdict::invalid;
    if (outcome != TcpOutcome::reopens) {
      sessions_.keep(index, session, packet, true, now);
      return NatVerdict::translated;
    }
    if (!admitted) return NatVerdict::unsolicited;
    sessions_.reopen(index, packet, true, now);
    return NatVerdict::translated;
  }

  // Reserves identifications in blocks, so that the next worker repeats none that this one used.
  uint16_t next_identification() {
    constexpr uint64_t kAtATime = 256;
    if (next_identification_ == mappings_.counters().identification) {
      mappings_.counters().identification += kAtATime;
      mappings_.save_counters();
    }
    return uint16_t(next_identification_++);
  }

  NatTables& tables_;
  const NatPolicy& policy_;
  NatMappings mappings_;
  NatSessions sessions_;
  NatHeldPackets held_;
  NatFragments fragments_;
  uint64_t next_identification_ = 0;
};

}  // namespace clickup
