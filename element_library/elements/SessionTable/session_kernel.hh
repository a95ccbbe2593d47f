// Connection tracking: packets as bytes, sessions as records of a state table, a verdict for each packet. It knows
// nothing of elements or routers, so that any host can run it.
//
// For a batch: read() every packet, locate() every packet, prefetch() every packet, then check() or open() one after
// the other. Memory loads for all of them at once what each pass needs, and nothing is read back before it was written.
#pragma once

#include "elements/SessionTable/session_packet.hh"
#include "elements/SessionTable/tcp_timeout.hh"
#include "state_table/moment.hh"
#include "support/tcp_tracker/tcp_tracker.hh"

namespace clickup {

enum class Verdict : uint8_t { established, opening, related, invalid };  // CheckSession's outputs, in this order

enum class Opening : uint8_t { opened, known, sessionless, full, impossible };

class SessionKernel {
 public:
  SessionKernel(SessionRecords& records, const Timeouts& timeouts) : records_(records), timeouts_(timeouts) {}

  // `data` begins with an IP header; `packet` is fresh or cleared.
  static void read(const uint8_t* data, uint32_t length, SessionPacket& packet) {
    read_session_packet(data, length, packet);
  }
  // Starts to load the bucket.
  void locate(SessionPacket& packet) const {
    if (!has_key(packet)) return;
    packet.hash = records_.hash(packet.key);
    records_.prefetch_bucket(packet.hash);
  }
  // Starts to load the record.
  void prefetch(const SessionPacket& packet) const {
    if (has_key(packet)) records_.prefetch_record(packet.hash);
  }

  // What a packet is to the sessions known at `now` (CLOCK_BOOTTIME, ns). A packet that is `opening` changes nothing
  // before open(), so that a policy may refuse it.
  Verdict check(const SessionPacket& packet, uint64_t now) {
    switch (packet.kind) {
      case PacketKind::malformed: return Verdict::invalid;
      case PacketKind::neighbour: return Verdict::related;
      case PacketKind::sessionless: return Verdict::opening;
      case PacketKind::error: return check_error(packet, now);
      case PacketKind::fragment: return check_fragment(packet, now);
      case PacketKind::tracked: break;
    }
    uint32_t index = records_.find(packet.key, packet.hash, now);
    if (index == SessionRecords::kNone) return packet.may_open ? Verdict::opening : Verdict::invalid;
    Session session = records_.at(index);
    if (packet.may_open && from_originator(session, packet) && !(session.flags & kAnswered)) return Verdict::opening;
    TcpOutcome outcome = advance(session, packet, now);
    if (outcome == TcpOutcome::reopens) return Verdict::opening;
    if (outcome == TcpOutcome::invalid) return Verdict::invalid;
    keep(index, session, packet, now);
    return Verdict::established;
  }

  // Opens the session of a packet that check() found to be opening, or continues one that exists by now.
  Opening open(const SessionPacket& packet, uint64_t now) {
    if (packet.kind == PacketKind::neighbour || packet.kind == PacketKind::sessionless) return Opening::sessionless;
    if (packet.kind == PacketKind::error || packet.kind == PacketKind::fragment) return open_dependent(packet, now);
    if (packet.kind == PacketKind::malformed) return Opening::impossible;
    uint32_t index = records_.find(packet.key, packet.hash, now);
    if (index == SessionRecords::kNone) return add(packet, now);
    Session session = records_.at(index);
    TcpOutcome outcome = advance(session, packet, now);
    if (outcome == TcpOutcome::invalid) return Opening::impossible;
    if (outcome == TcpOutcome::reopens) session = fresh(packet, now);
    keep(index, session, packet, now);
    return outcome == TcpOutcome::reopens ? Opening::opened : Opening::known;
  }

 private:
  static constexpr uint64_t kStreamAge = 2 * kSecond;         // answered UDP that lasts longer is a stream, as in Linux
  static constexpr uint64_t kFragmentTimeout = 30 * kSecond;  // as long as hosts wait for the rest, as in Linux

  static bool has_key(const SessionPacket& packet) {
    PacketKind kind = packet.kind;
    return kind == PacketKind::tracked || kind == PacketKind::error || kind == PacketKind::fragment;
  }
  static bool from_originator(const Session& session, const SessionPacket& packet) {
    return packet.from_second == bool(session.flags & kOpenedBySecond);
  }

  TcpOutcome advance(Session& session, const SessionPacket& packet, uint64_t now) const {
    if (session.protocol == protocol::tcp) return advance_tcp(session, packet, now);
    if (!from_originator(session, packet)) session.flags |= kAnswered;
    if (session.flags & kAnswered) {
      bool stream = session.protocol == protocol::udp && age(session.opened, now) >= kStreamAge;
      if (stream) session.flags |= kAssured;
      set_state(session, session.flags & kAssured ? SessionState::stream : SessionState::replied);
    }
    return TcpOutcome::in_session;
  }

  static TcpOutcome advance_tcp(Session& session, const SessionPacket& packet, uint64_t now) {
    TcpOutcome outcome = TcpTracker(session, packet.from_second).take(packet.tcp);
    if (outcome != TcpOutcome::restarts) return outcome;
    session.opened = now;
    session.retransmissions = 0;
    reset_counts(session);
    return TcpOutcome::in_session;
  }

  void keep(uint32_t index, Session& session, const SessionPacket& packet, uint64_t now) {
    count_packet(session, packet.from_second, packet.bytes);
    records_.write(index, session, now + timeout(session));
    if (packet.first_fragment) expect_fragments(packet, now);
  }

  Opening add(const SessionPacket& packet, uint64_t now) {
    if (!packet.may_open) return Opening::impossible;
    Session session = fresh(packet, now);
    count_packet(session, packet.from_second, packet.bytes);
    uint32_t index = records_.insert(session, packet.hash, now + timeout(session), now, is_assured<Session>);
    if (index == SessionRecords::kNone) return Opening::full;
    if (packet.first_fragment) expect_fragments(packet, now);
    return Opening::opened;
  }

  static Session fresh(const SessionPacket& packet, uint64_t now) {
    Session session = packet.key;
    session.opened = now;
    session.flags = packet.from_second ? kOpenedBySecond : 0;
    set_state(session, SessionState::unreplied);
    if (session.protocol == protocol::tcp) begin_tcp(session, packet.from_second, packet.tcp);
    return session;
  }

  // Errors change nothing: they are easy to forge, and no session may end by them (RFC 5508 6.2, RFC 5927).
  Verdict check_error(const SessionPacket& packet, uint64_t now) const {
    uint32_t index = records_.find(packet.key, packet.hash, now);
    if (index == SessionRecords::kNone) return Verdict::invalid;
    const Session& session = records_.at(index);
    bool fragment = state_of(session) == SessionState::fragment;
    if (!fragment && !from_originator(session, packet) && !(session.flags & kAnswered)) return Verdict::invalid;
    bool sent = session.protocol != protocol::tcp || quotes_sent(session, packet.from_second, packet.tcp.sequence);
    return sent ? Verdict::related : Verdict::invalid;
  }

  // A first fragment that passed leaves a record with its identification; the others pass as long as it exists.
  void expect_fragments(const SessionPacket& packet, uint64_t now) {
    Session record = packet.key;
    session_packet_detail::set_fragment_key(record, packet.fragment_protocol, packet.fragment_id);
    record.opened = now;
    set_state(record, SessionState::fragment);
    uint64_t hash = records_.hash(record);
    uint32_t index = records_.find(record, hash, now);
    if (index != SessionRecords::kNone) {
      records_.write(index, record, now + kFragmentTimeout);
    } else {
      records_.insert(record, hash, now + kFragmentTimeout, now, is_assured<Session>);
    }
  }
  Verdict check_fragment(const SessionPacket& packet, uint64_t now) const {
    bool known = records_.find(packet.key, packet.hash, now) != SessionRecords::kNone;
    return known ? Verdict::established : Verdict::invalid;
  }
  Opening open_dependent(const SessionPacket& packet, uint64_t now) const {
    Verdict verdict = packet.kind == PacketKind::error ? check_error(packet, now) : check_fragment(packet, now);
    return verdict == Verdict::invalid ? Opening::impossible : Opening::known;
  }

  uint64_t timeout(const Session& session) const {
    switch (session.protocol) {
      case protocol::tcp: return tcp_timeout(session, timeouts_);
      case protocol::udp:
        return timeouts_[state_of(session) == SessionState::stream ? Timeout::udp_stream : Timeout::udp];
      case protocol::icmp:
      case protocol::icmp6: return timeouts_[Timeout::icmp];
      default: return timeouts_[Timeout::generic];
    }
  }

  SessionRecords& records_;
  const Timeouts& timeouts_;
};

}  // namespace clickup
