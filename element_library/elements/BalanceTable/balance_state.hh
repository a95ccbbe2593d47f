// Flows of a load balancer and how long they last without traffic.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "layouts/BalanceTable.layout.hh"
#include "support/state_table/state_table.hh"
#include "support/tcp_tracker/tcp_segment.hh"

namespace clickup {

using Flow = BalancedFlowsLayout;
using FlowRecords = StateTable<Flow>;
using BackendRecords = StateTable<BackendsLayout>;

inline constexpr uint64_t kBalanceSecond = 1'000'000'000;

// Values of Flow::state, stored in memory that outlives a release: a number keeps its meaning for ever.
enum class FlowState : uint8_t {
  none = 0,
  opening = 1,      // TCP: no more than the client's first segment, or repetitions of its SYN
  established = 2,
  client_done = 3,  // the client has sent its FIN
  server_done = 4,  // the backend has, or at least its answer came by
  closed = 5,       // both have, or one has reset
  first = 6,        // UDP: no more than the client's first datagram
  stream = 7,
  fragment = 8,
};

inline std::string_view flow_state_name(uint8_t state) {
  static constexpr std::array<std::string_view, 9> kNames {
      "", "opening", "established", "client_done", "server_done", "closed", "first", "stream", "fragment"};
  return state < kNames.size() ? kNames[state] : "";
}

// What a full table keeps.
inline bool keeps_flow(const Flow& flow) {
  FlowState state = FlowState(flow.state);
  return state == FlowState::established || state == FlowState::client_done || state == FlowState::server_done ||
         state == FlowState::stream;
}

// RFC 5382 REQ-5 and RFC 4787 REQ-5: in MODE nat this is one.
struct FlowTimeouts {
  uint64_t opening = 240 * kBalanceSecond;
  uint64_t established = 7440 * kBalanceSecond;
  uint64_t closing = 240 * kBalanceSecond;
  uint64_t udp = 300 * kBalanceSecond;

  uint64_t of(FlowState state) const {
    constexpr uint64_t kClosed = 30 * kBalanceSecond;    // the last segments are still on their way
    constexpr uint64_t kFragment = 30 * kBalanceSecond;  // as long as hosts wait for the rest
    switch (state) {
      case FlowState::established: return established;
      case FlowState::client_done:
      case FlowState::server_done: return closing;
      case FlowState::closed: return kClosed;
      case FlowState::first:
      case FlowState::stream: return udp;
      case FlowState::fragment: return kFragment;
      default: return opening;
    }
  }
};

// What a TCP segment makes of a flow; resets and FINs count as they come, since the flow outlives them for a while.
inline FlowState after_segment(FlowState state, uint8_t flags, bool from_client) {
  if (flags & tcp_flag::rst || state == FlowState::closed) return FlowState::closed;
  if (flags & tcp_flag::fin) {
    FlowState other = from_client ? FlowState::server_done : FlowState::client_done;
    return state == other ? FlowState::closed : from_client ? FlowState::client_done : FlowState::server_done;
  }
  return state == FlowState::opening && from_client && !(flags & tcp_flag::syn) ? FlowState::established : state;
}

// Whether a client's SYN begins another flow: it has ended the one before.
inline bool begins_anew(FlowState state) { return state == FlowState::closed || state == FlowState::client_done; }

}  // namespace clickup
