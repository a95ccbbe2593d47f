// The sessions of a NAT: which packets they let through, in which state they are, how long they stay.
#pragma once

#include "elements/Nat/nat_mappings.hh"
#include "support/tcp_tracker/tcp_tracker.hh"

namespace clickup {

class NatSessions {
 public:
  static constexpr uint32_t kNone = ~0u;

  NatSessions(NatTables& tables, const NatPolicy& policy, NatMappings& mappings)
      : tables_(tables), policy_(policy), mappings_(mappings) {}

  // Classifies a packet of a known session; in_session and restarts change `session`.
  static TcpOutcome advance(NatSession& session, const NatPacket& packet, bool from_remote) {
    if (session.protocol == protocol::tcp) return advance_tcp(session, packet.tcp, from_remote);
    if (from_remote == bool(session.flags & kOpenedBySecond)) return TcpOutcome::in_session;
    session.flags |= session.protocol == protocol::udp ? kAnswered | kAssured : kAnswered;
    set_state(session, SessionState::replied);
    return TcpOutcome::in_session;
  }

  // A packet of a session goes on. Outside of TCP, only what comes from inside keeps it (RFC 4787 REQ-6); of TCP, every
  // segment but a reset that changes nothing (RFC 7857 section 7.1).
  void keep(uint32_t index, NatSession& session, const NatPacket& packet, bool from_remote, uint64_t now) {
    count(session, packet, from_remote);
    bool tcp = session.protocol == protocol::tcp;
    bool changes = state_of(session) != state_of(tables_.sessions.at(index));
    bool refreshes = tcp ? changes || !packet.tcp.has(tcp_flag::rst) : !from_remote;
    uint64_t deadline = refreshes ? now + timeout(session) : tables_.sessions.deadline(index);
    tables_.sessions.write(index, session, deadline);
  }

  // A session begins with this packet. False when there is no room.
  bool open(const NatEndpoint& inside, const NatEndpoint& outside, const NatEndpoint& remote, const NatPacket& packet,
            bool from_remote, uint64_t now) {
    NatSession session = fresh(inside, outside, remote, packet, from_remote, now);
    auto gone = [this, now](const NatSession& old) { mappings_.detach(old, now); };
    uint64_t hash = tables_.sessions.hash(session);
    uint32_t index = tables_.sessions.insert(session, hash, now + timeout(session), now, is_assured<NatSession>, gone);
    if (index != kNone && !mappings_.attach(inside, outside, now)) {
      tables_.sessions.erase(index);
      index = kNone;
    }
    ++(index != kNone ? mappings_.counters().opened : mappings_.counters().refused);
    mappings_.save_counters();
    return index != kNone;
  }
  // A session that has ended begins again, with the same endpoints.
  void reopen(uint32_t index, const NatPacket& packet, bool from_remote, uint64_t now) {
    const NatSession& old = tables_.sessions.at(index);
    NatEndpoint remote{load_address(old.remote_address), old.remote_port, old.protocol};
    NatSession session = fresh(inside_of(old), outside_of(old), remote, packet, from_remote, now);
    tables_.sessions.write(index, session, now + timeout(session));
  }

  uint32_t expire(uint64_t now, uint32_t budget) {
    return tables_.sessions.expire(now, budget, [this, now](const NatSession& old) { mappings_.detach(old, now); });
  }

 private:
  static TcpOutcome advance_tcp(NatSession& session, const TcpSegment& segment, bool from_remote) {
    bool reset = state_of(session) == SessionState::close;
    TcpOutcome outcome = TcpTracker(session, from_remote).take(segment);
    if (reset && outcome == TcpOutcome::in_session && !from_remote && goes_on(session, segment)) {
      set_state(session, SessionState::established);
    }
    return outcome;
  }
  // A host inside answers a connection that it has no more by resets alone: whoever sends anything else still has it,
  // and the reset that was seen ended nothing (RFC 7857 section 2).
  static bool goes_on(const NatSession& session, const TcpSegment& segment) {
    bool closing = (session.first_flags | session.second_flags) & TcpSide::kFin;
    return (session.flags & kAssured) && !closing && !segment.has(tcp_flag::rst | tcp_flag::syn);
  }

  uint64_t timeout(const NatSession& session) const { return policy_.timeout(session.protocol, state_of(session)); }

  static void count(NatSession& session, const NatPacket& packet, bool from_remote) {
    ++(from_remote ? session.second_packets : session.first_packets);
    (from_remote ? session.second_bytes : session.first_bytes) += packet.bytes;
  }

  static NatSession fresh(const NatEndpoint& inside, const NatEndpoint& outside, const NatEndpoint& remote,
                          const NatPacket& packet, bool from_remote, uint64_t now) {
    NatSession session = session_key(inside, remote);
    set_outside(session, outside);
    session.opened = now;
    session.flags = from_remote ? kOpenedBySecond : 0;
    set_state(session, SessionState::unreplied);
    if (session.protocol == protocol::tcp) begin_tcp(session, from_remote, packet.tcp);
    count(session, packet, from_remote);
    return session;
  }

  NatTables& tables_;
  const NatPolicy& policy_;
  NatMappings& mappings_;
};

}  // namespace clickup
