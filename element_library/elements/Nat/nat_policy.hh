// Settings of a NAT: addresses, ports, filtering, timeouts.
#pragma once

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "elements/Nat/nat_tables.hh"

namespace clickup {

enum class NatTimeout : uint8_t { hold_down, tcp_opening, tcp_established, tcp_closing, udp, icmp, other };

struct NatTimeoutWord {
  const char* keyword;
  const char* handler;
  uint32_t seconds;  // default
};
inline constexpr NatTimeoutWord kNatTimeouts[] = {
    {"HOLD_DOWN", "hold_down", 120},               // RFC 6888 REQ-8
    {"TCP_OPENING", "tcp_opening", 240},           // RFC 5382 REQ-5: at least four minutes
    {"TCP_ESTABLISHED", "tcp_established", 7440},  // RFC 5382 REQ-5: at least 2 h 4 min
    {"TCP_CLOSING", "tcp_closing", 240},           // RFC 7857 section 2.1: apart from opening; 2.2: after a reset too
    {"UDP", "udp", 300},                           // RFC 4787 REQ-5c
    {"ICMP", "icmp", 60},                          // RFC 5508 REQ-2
    {"OTHER", "other", 600},
};
inline constexpr size_t kNatTimeoutCount = std::size(kNatTimeouts);
inline constexpr uint64_t kNatSecond = 1'000'000'000;

enum class NatFiltering : uint8_t { address_and_port_dependent, endpoint_independent };

struct NatForward {
  NatEndpoint outside, inside;

  bool operator==(const NatForward&) const = default;
};

struct NatPolicy {
  std::vector<uint32_t> external;  // addresses as they lie in a header, sorted
  std::vector<NatForward> forwards;
  NatFiltering filtering = NatFiltering::address_and_port_dependent;
  uint16_t first_port = 1024, last_port = 65535;
  std::array<uint64_t, kNatTimeoutCount> timeouts;  // ns

  NatPolicy() {
    for (size_t i = 0; i < kNatTimeoutCount; ++i) timeouts[i] = kNatTimeouts[i].seconds * kNatSecond;
  }
  uint64_t operator[](NatTimeout timeout) const { return timeouts[size_t(timeout)]; }

  bool is_external(uint32_t address) const {
    return external.size() == 1 ? external[0] == address
                                : std::binary_search(external.begin(), external.end(), address);
  }
  // The first forward that leads to this endpoint.
  const NatForward* forward_to(const NatEndpoint& inside) const {
    auto leads = [&inside](const NatForward& forward) { return forward.inside == inside; };
    auto found = std::find_if(forwards.begin(), forwards.end(), leads);
    return found == forwards.end() ? nullptr : &*found;
  }

  uint64_t timeout(uint8_t protocol, SessionState state) const {
    switch (protocol) {
      case protocol::tcp: return (*this)[tcp_timeout(state)];
      case protocol::udp: return (*this)[NatTimeout::udp];
      case protocol::icmp: return (*this)[NatTimeout::icmp];
      default: return (*this)[NatTimeout::other];
    }
  }

 private:
  static NatTimeout tcp_timeout(SessionState state) {
    switch (state) {
      case SessionState::syn_sent:
      case SessionState::syn_sent2:
      case SessionState::syn_recv: return NatTimeout::tcp_opening;
      case SessionState::established: return NatTimeout::tcp_established;
      default: return NatTimeout::tcp_closing;
    }
  }
};

}  // namespace clickup
