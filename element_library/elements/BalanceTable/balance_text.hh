// Flows and backends as lines that people read.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "elements/BalanceTable/backend_memory.hh"

namespace clickup {

// Nothing is forwarded meanwhile: takes tens of milliseconds.
inline constexpr uint64_t kMostFlowLines = 65536;

inline std::string flow_text(const BalancedFlow& flow, uint64_t deadline, uint64_t now) {
  auto endpoint = [](const uint8_t* address, uint16_t port) {
    BalanceEndpoint endpoint;
    endpoint.address = ip6_address(address);
    endpoint.port = port;
    return endpoint_text(endpoint);
  };
  std::string line = flow.protocol == protocol::tcp ? "tcp " : flow.protocol == protocol::udp ? "udp " : "fragment ";
  line += endpoint(flow.client_address, flow.client_port) + " " + endpoint(flow.service_address, flow.service_port);
  line += " " + endpoint(flow.backend_address, flow.backend_port) + " " + std::string(balance_state_name(flow.state));
  return line + " " + std::to_string(deadline > now ? (deadline - now) / kBalanceSecond : 0) + "\n";
}

// At most `limit` lines, then one with the number of those left out.
inline std::string flows_text(const BalancedFlowRecords& flows, uint64_t limit, uint64_t now) {
  std::string text;
  limit = std::min(limit, kMostFlowLines);
  uint64_t lines = 0;
  for (uint32_t index = 0; index < flows.fresh() && lines < limit; ++index) {
    if (!flows.used(index) || flows.deadline(index) <= now) continue;
    text += flow_text(flows.at(index), flows.deadline(index), now);
    ++lines;
  }
  if (lines == limit && flows.count() > limit) text += "... " + std::to_string(flows.count() - limit) + " more\n";
  return text;
}

inline std::string backends_text(BackendSet& backends, const BackendMemory& memory, const BalancedFlowRecords& flows,
                                 uint64_t now) {
  std::vector<uint64_t> counts(backends.all().size());
  for (uint32_t index = 0; index < flows.fresh(); ++index) {
    const BalancedFlow& flow = flows.at(index);
    bool alive = flows.used(index) && flows.deadline(index) > now;
    if (!alive || BalanceState(flow.state) == BalanceState::fragment) continue;
    uint32_t number = backends.find(flow.backend_address, flow.backend_port);
    if (number != BackendSet::kNone) ++counts[number];
  }
  std::string text;
  for (uint32_t number = 0; number < counts.size(); ++number) {
    const Backend& backend = backends.at(number);
    if (!backend.listed && counts[number] == 0) continue;
    text += endpoint_text(backend.endpoint);
    text += backend.listed && backend.weight > 0 ? " weight " + std::to_string(backend.weight) : " draining";
    text += backend.down ? " down " : " up ";
    text += std::to_string(counts[number]) + " " + std::to_string(memory.opened(backend)) + "\n";
  }
  return text;
}

}  // namespace clickup
