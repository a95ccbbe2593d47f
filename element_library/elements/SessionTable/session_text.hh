// Sessions as lines that people read: protocol, originator, responder, state, seconds left, "assured".
#pragma once

#include <arpa/inet.h>

#include <algorithm>
#include <map>
#include <string>

#include "elements/SessionTable/session_state.hh"
#include "support/ip_header/ip_header.hh"

namespace clickup {

inline std::string protocol_text(uint8_t number) {
  switch (number) {
    case protocol::tcp: return "tcp";
    case protocol::udp: return "udp";
    case protocol::icmp: return "icmp";
    case protocol::icmp6: return "icmp6";
    default: return std::to_string(number);
  }
}

inline std::string endpoint_text(const uint8_t* address, uint16_t port) {
  char text[INET6_ADDRSTRLEN];
  bool mapped = ip_header_detail::is_mapped(address);
  inet_ntop(mapped ? AF_INET : AF_INET6, mapped ? address + 12 : address, text, sizeof text);
  return (mapped ? std::string(text) : "[" + std::string(text) + "]") + ":" + std::to_string(port);
}

inline std::string session_text(const Session& session, uint64_t deadline, uint64_t now) {
  std::string first = endpoint_text(session.first_address, session.first_port);
  std::string second = endpoint_text(session.second_address, session.second_port);
  bool swapped = session.flags & kOpenedBySecond;
  std::string line = protocol_text(session.protocol);
  line += " " + (swapped ? second : first) + " " + (swapped ? first : second);
  line += " " + std::string(state_name(state_of(session)));
  line += " " + std::to_string(deadline > now ? (deadline - now) / kSecond : 0);
  if (session.flags & kAssured) line += " assured";
  return line + "\n";
}

// Nothing is forwarded meanwhile: takes tens of milliseconds.
inline constexpr uint64_t kMostLines = 65536;

// At most `limit` lines, then one with the number of those left out.
inline std::string sessions_text(const SessionRecords& records, uint64_t limit, uint64_t now) {
  std::string text;
  limit = std::min(limit, kMostLines);
  uint64_t lines = 0;
  for (uint32_t index = 0; index < records.fresh() && lines < limit; ++index) {
    if (!records.used(index) || records.deadline(index) <= now) continue;
    text += session_text(records.at(index), records.deadline(index), now);
    ++lines;
  }
  if (lines == limit && records.count() > limit) {
    text += "... " + std::to_string(records.count() - limit) + " more";
    text += limit < kMostLines ? ": read 'table N' for N lines\n" : "\n";
  }
  return text;
}

inline std::string states_text(const SessionRecords& records, uint64_t now) {
  std::map<std::string_view, uint64_t> counts;
  for (uint32_t index = 0; index < records.fresh(); ++index) {
    if (records.used(index) && records.deadline(index) > now) ++counts[state_name(state_of(records.at(index)))];
  }
  std::string text;
  for (auto [state, count] : counts) text += std::string(state) + " " + std::to_string(count) + "\n";
  return text;
}

}  // namespace clickup
