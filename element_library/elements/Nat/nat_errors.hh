// ICMP errors: each goes to whoever sent the packet that it quotes, who sees that packet as it was sent (RFC 5508 REQ-3
// to REQ-7). No error changes, keeps or ends a session (RFC 4787 REQ-12, RFC 5382 REQ-10, RFC 5508 REQ-6).
#pragma once

#include "elements/Nat/nat_rewrite.hh"
#include "elements/Nat/nat_sessions.hh"
#include "support/checksum/checksum.hh"

namespace clickup {

// Outputs of TranslateOut, in this order; those of TranslateIn are the same without hairpin.
enum class NatVerdict : uint8_t {
  translated,
  hairpin,      // and goes back inside
  unsolicited,  // to an external address, but not requested from inside
  refused,      // a session that finds no room, or no port
  invalid,
  held,  // copied; the packet itself is of no more use
};

class NatErrors {
 public:
  NatErrors(const NatTables& tables, const NatPolicy& policy) : tables_(tables), policy_(policy) {}

  // From inside, about a packet that came in. It takes the external address of who that packet was for, also when a
  // router on the way to it sends the error (RFC 5508 REQ-5c).
  NatVerdict translate_out(NatPacket& packet, uint64_t now) const {
    Quoted quoted;
    if (!read(packet, quoted)) return NatVerdict::invalid;
    uint32_t index = find_record(tables_.sessions, session_key(destination_of(quoted), source_of(quoted)), now);
    if (index == kNone || !may_quote(tables_.sessions.at(index), true, quoted)) return NatVerdict::invalid;
    NatEndpoint outside = outside_of(tables_.sessions.at(index));
    rewrite(packet, quoted, NatEnd::destination, outside);
    rewrite_address(packet, NatEnd::source, outside.address);
    if (!policy_.is_external(quoted.source)) return NatVerdict::translated;
    NatVerdict verdict = translate_in(packet, now);  // who sent it is inside too
    return verdict == NatVerdict::translated ? NatVerdict::hairpin : NatVerdict::invalid;
  }

  // From outside, about a packet that went out.
  NatVerdict translate_in(NatPacket& packet, uint64_t now) const {
    Quoted quoted;
    if (!read(packet, quoted)) return NatVerdict::invalid;
    uint32_t place = find_record(tables_.ports, port_key(source_of(quoted)), now);
    if (place == kNone || !in_use(tables_.ports.at(place))) return NatVerdict::unsolicited;
    NatEndpoint inside = inside_of(tables_.ports.at(place));
    uint32_t index = find_record(tables_.sessions, session_key(inside, destination_of(quoted)), now);
    if (index == kNone || outside_of(tables_.sessions.at(index)) != source_of(quoted)) return NatVerdict::invalid;
    if (!may_quote(tables_.sessions.at(index), false, quoted)) return NatVerdict::invalid;
    rewrite(packet, quoted, NatEnd::source, inside);
    rewrite_address(packet, NatEnd::destination, inside.address);
    return NatVerdict::translated;
  }

 private:
  static constexpr uint32_t kNone = ~0u;
  static constexpr uint32_t kIcmpHeader = 8;
  struct Quoted : NatEnds, NatHeaders {};

  // Checksums of the message and of the quoted IP header hold (RFC 5508 REQ-3, 3a), that of the quoted transport header
  // is not looked at (3c, 3d); and it goes to who sent what it quotes, else it is no answer to anything.
  static bool read(const NatPacket& packet, Quoted& quoted) {
    if (packet.available < kIcmpHeader || !internet_checksum_ok(packet.transport, packet.available)) return false;
    uint8_t* ip = packet.transport + kIcmpHeader;
    if (!read_quoted(ip, packet.available - kIcmpHeader, quoted, quoted)) return false;
    uint32_t destination;
    std::memcpy(&destination, packet.ip + 16, 4);
    return internet_checksum_ok(ip, uint32_t(quoted.transport - ip)) && quoted.source == destination;
  }

  static bool may_quote(const NatSession& session, bool from_remote, const Quoted& quoted) {
    bool originator = from_remote == bool(session.flags & kOpenedBySecond);
    if (!originator && !(session.flags & kAnswered)) return false;
    return session.protocol != protocol::tcp || quotes_sent(session, from_remote, read_u32(quoted.transport + 4));
  }

  static void rewrite(const NatPacket& packet, const Quoted& quoted, NatEnd end, const NatEndpoint& to) {
    ChecksumUpdate message;
    rewrite_end(quoted, quoted.protocol, end, to.address, to.port, message);
    uint16_t checksum = message.applied_to(packet.transport + 2);
    std::memcpy(packet.transport + 2, &checksum, 2);
  }

  const NatTables& tables_;
  const NatPolicy& policy_;
};

}  // namespace clickup
