// Flows of a load balancer and how long they last without traffic.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "layouts/BalanceTable.layout.hh"
#include "state_table/state_table.hh"
#include "support/tcp_tracker/tcp_segment.hh"

namespace clickup {

using BalancedFlow = BalancedFlowsLayout;
using BalancedFlowRecords = StateTable<BalancedFlow>;
using BackendRecords = StateTable<BackendsLayout>;

inline constexpr uint64_t kBalanceSecond = 1'000'000'000;

// Values of BalancedFlow::state, stored in memory that outlives a release: a number keeps its meaning for ever.
enum class BalanceState : uint8_t {
  none = 0,
  opening = 1,  // TCP: no more than the client's first segment, or repetitions of its SYN
  established = 2,
  client_done = 3,  // the client has sent its FIN
  server_done = 4,  // the backend has, or at least its answer came by
  closed = 5,       // both have
  first = 6,        // UDP: no more than the client's first datagram
  stream = 7,
  fragment = 8,
  reset = 9,  // TCP: a reset was seen
};

inline std::string_view balance_state_name(uint8_t state) {
  static constexpr std::array<std::string_view, 10> kNames{
      "", "opening", "established", "client_done", "server_done", "closed", "first", "stream", "fragment", "reset"};
  return state < kNames.size() ? kNames[state] : "";
}

// The records that a full table keeps.
inline bool keeps_flow(const BalancedFlow& flow) {
  BalanceState state = BalanceState(flow.state);
  return state == BalanceState::established || state == BalanceState::stream || state == BalanceState::client_done ||
         state == BalanceState::server_done;
}

// RFC 5382 REQ-5 and RFC 4787 REQ-5: in MODE nat this is one.
struct BalanceTimeouts {
  uint64_t opening = 240 * kBalanceSecond;
  uint64_t established = 7440 * kBalanceSecond;
  uint64_t closing = 240 * kBalanceSecond;
  uint64_t udp = 300 * kBalanceSecond;

  uint64_t of(BalanceState state) const {
    constexpr uint64_t kClosed = 30 * kBalanceSecond;    // the last segments are still on their way
    constexpr uint64_t kFragment = 30 * kBalanceSecond;  // as long as hosts wait for the rest
    switch (state) {
      case BalanceState::established: return established;
      case BalanceState::reset:
      case BalanceState::client_done:
      case BalanceState::server_done: return closing;
      case BalanceState::closed: return kClosed;
      case BalanceState::first:
      case BalanceState::stream: return udp;
      case BalanceState::fragment: return kFragment;
      default: return opening;
    }
  }
};

// What a TCP segment makes of a flow. Sequence numbers are not looked at, so a reset may be forged: a client that goes
// on had none.
inline BalanceState after_segment(BalanceState state, uint8_t flags, bool from_client) {
  if (state == BalanceState::closed) return state;
  if (flags & tcp_flag::rst) return BalanceState::reset;
  if (flags & tcp_flag::fin) {
    BalanceState other = from_client ? BalanceState::server_done : BalanceState::client_done;
    return state == other ? BalanceState::closed : from_client ? BalanceState::client_done : BalanceState::server_done;
  }
  bool goes_on = from_client && !(flags & tcp_flag::syn);
  bool waits = state == BalanceState::opening || state == BalanceState::reset;
  return waits && goes_on ? BalanceState::established : state;
}

// Whether a client's SYN begins another flow, because the previous one has ended.
inline bool begins_anew(BalanceState state) {
  return state == BalanceState::closed || state == BalanceState::reset || state == BalanceState::client_done;
}

}  // namespace clickup
