// Sessions and mappings of a NAT as lines that people read.
#pragma once

#include <algorithm>
#include <string>

#include "elements/Nat/nat_settings.hh"

namespace clickup {

namespace nat_text_detail {

inline std::string protocol_name(uint8_t number) {
  switch (number) {
    case protocol::tcp: return "tcp";
    case protocol::udp: return "udp";
    case protocol::icmp: return "icmp";
    default: return std::to_string(number);
  }
}
inline std::string seconds_left(uint64_t deadline, uint64_t now) {
  return std::to_string(deadline > now ? (deadline - now) / kNatSecond : 0);
}

}  // namespace nat_text_detail

// Nothing is forwarded meanwhile: takes tens of milliseconds.
inline constexpr uint64_t kNatMostLines = 65536;

// protocol, inside, outside and remote endpoint, state, seconds left.
inline std::string nat_line(const NatSession& session, uint64_t deadline, uint64_t now) {
  NatEndpoint remote{load_address(session.remote_address), session.remote_port, session.protocol};
  return nat_text_detail::protocol_name(session.protocol) + " " + nat_endpoint_text(inside_of(session)) + " " +
         nat_endpoint_text(outside_of(session)) + " " + nat_endpoint_text(remote) + " " +
         std::string(state_name(state_of(session))) + " " + nat_text_detail::seconds_left(deadline, now) + "\n";
}
// protocol, inside and outside endpoint, sessions; "forward"; "held" and seconds left.
inline std::string nat_line(const NatPort& port, uint64_t deadline, uint64_t now) {
  std::string line = nat_text_detail::protocol_name(port.protocol) + " " + nat_endpoint_text(inside_of(port)) + " " +
                     nat_endpoint_text(outside_of(port)) + " " + std::to_string(port.sessions);
  if (port.flags & kNatForward) line += " forward";
  if (!in_use(port)) line += " held " + nat_text_detail::seconds_left(deadline, now);
  return line + "\n";
}

// At most `limit` lines, then one with the number of those left out.
template <class Record>
inline std::string nat_lines(const StateTable<Record>& table, uint64_t limit, uint64_t now) {
  std::string text;
  limit = std::min(limit, kNatMostLines);
  uint64_t lines = 0;
  for (uint32_t index = 0; index < table.fresh() && lines < limit; ++index) {
    if (!table.used(index) || table.deadline(index) <= now) continue;
    text += nat_line(table.at(index), table.deadline(index), now);
    ++lines;
  }
  if (lines == limit && table.count() > limit) text += "... " + std::to_string(table.count() - limit) + " more\n";
  return text;
}

}  // namespace clickup
