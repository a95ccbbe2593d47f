// Settings of a NAT, as text.
#pragma once

#include <arpa/inet.h>

#include <cstdio>
#include <sstream>
#include <string>

#include "driver/arguments.hh"
#include "elements/Nat/nat_policy.hh"

namespace clickup {

inline constexpr uint32_t kNatMostAddresses = 4096;

// Entries of a list: `a; b; c`, blanks around them left out; "none" is an empty list.
inline std::vector<std::string> nat_entries(std::string_view text) {
  std::vector<std::string> entries;
  std::istringstream in{std::string(text)};
  for (std::string entry; std::getline(in, entry, ';');) {
    size_t first = entry.find_first_not_of(" \t\r\n"), last = entry.find_last_not_of(" \t\r\n");
    if (first != std::string::npos) entries.push_back(entry.substr(first, last - first + 1));
  }
  if (entries.size() == 1 && entries[0] == "none") entries.clear();
  return entries;
}

inline std::string nat_address_text(uint32_t address) {
  char text[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &address, text, sizeof text);
  return text;
}
inline std::string nat_endpoint_text(const NatEndpoint& endpoint) {
  return nat_address_text(endpoint.address) + ":" + std::to_string(endpoint.port);
}

namespace nat_settings_detail {

inline bool read_address(const std::string& text, uint32_t& address) {
  return inet_pton(AF_INET, text.c_str(), &address) == 1;
}

// First and last address of an entry, in host byte order.
inline bool read_range(const std::string& entry, uint32_t& first, uint32_t& last) {
  size_t dash = entry.find('-'), slash = entry.find('/');
  uint32_t address = 0, end = 0;
  if (dash != std::string::npos) {
    if (!read_address(entry.substr(0, dash), address) || !read_address(entry.substr(dash + 1), end)) return false;
    first = ntohl(address);
    last = ntohl(end);
    return first <= last;
  }
  uint64_t length = 32;
  if (!read_address(entry.substr(0, slash), address)) return false;
  if (slash != std::string::npos && (!parse_unsigned(entry.substr(slash + 1), length) || length > 32)) return false;
  uint32_t mask = length ? ~0u << (32 - length) : 0;
  first = ntohl(address) & mask;
  last = first | ~mask;
  return true;
}

inline bool read_endpoint(const std::string& text, NatEndpoint& endpoint) {
  size_t colon = text.find(':');
  uint64_t port = 0;
  if (colon == std::string::npos || !read_address(text.substr(0, colon), endpoint.address)) return false;
  if (!parse_unsigned(text.substr(colon + 1), port) || port == 0 || port > 65535) return false;
  endpoint.port = uint16_t(port);
  return true;
}

inline bool read_forward(const std::string& entry, NatForward& forward) {
  std::istringstream words(entry);
  std::string protocol, outside, arrow, inside, rest;
  if (!(words >> protocol >> outside >> arrow >> inside) || words >> rest || arrow != "->") return false;
  if (protocol != "tcp" && protocol != "udp") return false;
  forward.outside.protocol = forward.inside.protocol = protocol == "tcp" ? protocol::tcp : protocol::udp;
  return read_endpoint(outside, forward.outside) && read_endpoint(inside, forward.inside);
}

}  // namespace nat_settings_detail

// Each returns an error, empty on success, and changes the policy only on success.

inline std::string set_external(NatPolicy& policy, std::string_view text) {
  std::vector<uint32_t> external;
  for (const std::string& entry : nat_entries(text)) {
    uint32_t first = 0, last = 0;
    if (!nat_settings_detail::read_range(entry, first, last)) {
      return "EXTERNAL '" + entry + "': expected an IPv4 address, FIRST-LAST or PREFIX/LENGTH, such as 203.0.113.1";
    }
    if (external.size() + uint64_t(last) - first >= kNatMostAddresses) {
      return "EXTERNAL has more than " + std::to_string(kNatMostAddresses) + " addresses";
    }
    for (uint64_t address = first; address <= last; ++address) external.push_back(htonl(uint32_t(address)));
  }
  if (external.empty()) return "EXTERNAL names no address: without one nothing can be translated";
  std::sort(external.begin(), external.end());
  external.erase(std::unique(external.begin(), external.end()), external.end());
  for (const NatForward& forward : policy.forwards) {
    if (!std::binary_search(external.begin(), external.end(), forward.outside.address)) {
      return "EXTERNAL leaves out " + nat_address_text(forward.outside.address) + ", which a forward needs";
    }
  }
  policy.external = std::move(external);
  return "";
}

// After set_external.
inline std::string set_forwards(NatPolicy& policy, std::string_view text) {
  std::vector<NatForward> forwards;
  for (const std::string& entry : nat_entries(text)) {
    NatForward forward;
    if (!nat_settings_detail::read_forward(entry, forward)) {
      return "FORWARDS '" + entry +
             "': expected PROTOCOL OUTSIDE:PORT -> INSIDE:PORT, such as tcp 203.0.113.1:8080 -> "
             "10.0.0.5:80";
    }
    if (!policy.is_external(forward.outside.address)) {
      return "FORWARDS '" + entry + "': " + nat_address_text(forward.outside.address) + " is not in EXTERNAL";
    }
    auto same = [&forward](const NatForward& other) { return other.outside == forward.outside; };
    if (std::any_of(forwards.begin(), forwards.end(), same)) {
      return "FORWARDS '" + entry + "': another forward has " + nat_endpoint_text(forward.outside) + " already";
    }
    forwards.push_back(forward);
  }
  if (forwards.size() > kNatMostForwards) {
    return "FORWARDS has " + std::to_string(forwards.size()) + " entries: give at most " +
           std::to_string(kNatMostForwards);
  }
  policy.forwards = std::move(forwards);
  return "";
}

inline std::string set_filtering(NatPolicy& policy, std::string_view text) {
  if (text == "address_and_port_dependent") {
    policy.filtering = NatFiltering::address_and_port_dependent;
  } else if (text == "endpoint_independent") {
    policy.filtering = NatFiltering::endpoint_independent;
  } else {
    return "FILTERING '" + std::string(text) + "': expected address_and_port_dependent or endpoint_independent";
  }
  return "";
}

inline std::string set_ports(NatPolicy& policy, std::string_view text) {
  size_t dash = text.find('-');
  uint64_t first = 0, last = 0;
  bool good = dash != std::string_view::npos && parse_unsigned(text.substr(0, dash), first) &&
              parse_unsigned(text.substr(dash + 1), last) && first >= 1024 && first < last && last <= 65535;
  if (!good) return "PORTS '" + std::string(text) + "': expected FIRST-LAST within 1024-65535";
  policy.first_port = uint16_t(first);
  policy.last_port = uint16_t(last);
  return "";
}

inline std::string set_nat_timeout(NatPolicy& policy, size_t which, std::string_view text) {
  constexpr double kLongest = 10 * 365 * 86400.0;  // seconds; far from overflowing any deadline
  double seconds = 0;
  bool zero = which == size_t(NatTimeout::hold_down);  // may be 0
  bool good = parse_duration(text, seconds) && seconds <= kLongest && (seconds > 0 || (zero && seconds == 0));
  if (!good) {
    return std::string(kNatTimeouts[which].keyword) + " '" + std::string(text) +
           "' is no timeout: give seconds, or a number with ms, s, min or h, above 0 and at most ten years";
  }
  policy.timeouts[which] = uint64_t(seconds * double(kNatSecond));
  return "";
}

}  // namespace clickup
