// Load balancing: packets as bytes, flows as records of a state table, a backend for each. It knows nothing of elements
// or routers, so that any host can run it.
//
// For a batch: read_forward() or read_reverse() for every packet, prefetch() for every packet, then forward() or
// reverse() one after the other.
#pragma once

#include "elements/BalanceTable/backend_memory.hh"
#include "elements/BalanceTable/balance_rewrite.hh"

namespace clickup {

enum class BalanceVerdict : uint8_t { balanced, other, refused };  // Balance's outputs, in this order

class BalanceKernel {
 public:
  BalanceKernel(BalancedFlowRecords& flows, BackendSet& backends, BackendMemory& memory, const BalancePolicy& policy)
      : flows_(flows), backends_(backends), memory_(memory), policy_(policy) {}

  uint64_t moved() const { return moved_; }

  // From clients. `data` begins with an IP header; `packet` is fresh.
  void read_forward(uint8_t* data, uint32_t length, BalancePacket& packet) const {
    read_balance_packet(data, length, packet);
    if (packet.kind == BalanceKind::malformed || packet.kind == BalanceKind::other) return;
    packet.service = first_service(packet);
    if (packet.service == policy_.services.size()) packet.kind = BalanceKind::other;
    hash(packet, forward_key(packet));
  }
  // From backends.
  void read_reverse(uint8_t* data, uint32_t length, BalancePacket& packet) const {
    read_balance_packet(data, length, packet);
    if (packet.kind == BalanceKind::malformed || packet.kind == BalanceKind::other) return;
    packet.service = next_candidate(packet, 0);
    if (policy_.direct || packet.service == policy_.services.size()) packet.kind = BalanceKind::other;
    if (packet.kind != BalanceKind::other) hash(packet, reverse_key(packet));
  }
  void prefetch(const BalancePacket& packet) const {
    if (packet.kind == BalanceKind::flow) flows_.prefetch_record(packet.hash);
  }

  // A packet for a service gets the backend of its flow. `backend` is that one's number, kNone when it is none that is
  // known, and `to` its address. `now`: CLOCK_BOOTTIME, ns.
  BalanceVerdict forward(const BalancePacket& packet, uint64_t now, uint32_t& backend, IpAddress& to) {
    if (packet.kind == BalanceKind::malformed) return BalanceVerdict::refused;
    if (packet.kind == BalanceKind::other) return BalanceVerdict::other;
    BalancedFlow flow;
    bool whole = packet.kind == BalanceKind::flow;
    bool known = whole ? advance_forward(packet, now, flow) : look_up_forward(packet, now, flow);
    if (!known) return BalanceVerdict::refused;
    to = ip6_address(flow.backend_address);
    backend = backends_.find(flow.backend_address, flow.backend_port);
    if (backend != BackendSet::kNone) memory_.note_use(backends_.at(backend), now);
    if (!policy_.direct) rewrite_forward(packet, flow);
    return BalanceVerdict::balanced;
  }

  // A packet that comes back gets the service's address and port; false when it belongs to no flow.
  bool reverse(const BalancePacket& packet, uint64_t now) {
    if (packet.kind == BalanceKind::malformed || packet.kind == BalanceKind::other) return false;
    if (packet.kind == BalanceKind::fragment) return reverse_fragment(packet, now);
    uint32_t service = packet.service;
    for (; service < policy_.services.size(); service = next_candidate(packet, service + 1)) {
      BalancedFlow key = reverse_key(packet, service);
      uint32_t index = flows_.find(key, service == packet.service ? packet.hash : flows_.hash(key), now);
      if (!serves(index, packet.source, packet.source_port)) continue;
      if (packet.kind == BalanceKind::flow) advance_reverse(packet, index, now);
      const auto& [address, port] = policy_.services[service].endpoint;
      rewrite_reverse(packet, address.data(), port);
      return true;
    }
    return false;
  }

 private:
  static constexpr uint64_t kHashSeed = 0x6d61676c65760002;  // every balancer with the same list picks the same backend

  bool same_service(const BalancePacket& packet, const BalanceService& service) const {
    bool port = packet.kind == BalanceKind::fragment || service.endpoint.port == packet.destination_port;
    return port && service.protocol == packet.protocol &&
           std::memcmp(service.endpoint.address.data(), packet.destination, 16) == 0;
  }
  uint32_t first_service(const BalancePacket& packet) const {
    uint32_t service = 0;
    while (service < policy_.services.size() && !same_service(packet, policy_.services[service])) ++service;
    return service;
  }
  // The services, from this one on, to which a packet from a backend may belong.
  uint32_t next_candidate(const BalancePacket& packet, uint32_t service) const {
    if (packet.kind == BalanceKind::fragment) return 0;
    if (service == 0 && backends_.find(packet.source, packet.source_port) == BackendSet::kNone) {
      return uint32_t(policy_.services.size());
    }
    bool six = packet.header.version == 6;
    for (; service < policy_.services.size(); ++service) {
      const BalanceService& candidate = policy_.services[service];
      if (candidate.protocol == packet.protocol && !is_ip4(candidate.endpoint.address.data()) == six) break;
    }
    return service;
  }

  void hash(BalancePacket& packet, const BalancedFlow& key) const {
    packet.hash = flows_.hash(key);
    flows_.prefetch_bucket(packet.hash);
  }
  static BalancedFlow forward_key(const BalancePacket& packet) {
    if (packet.kind == BalanceKind::fragment) {
      return fragment_key(packet.source, packet.destination, packet.header.fragment_id);
    }
    return flow_key(packet.source, packet.source_port, packet.destination, packet.destination_port, packet.protocol);
  }
  BalancedFlow reverse_key(const BalancePacket& packet) const {
    if (packet.kind == BalanceKind::fragment) {
      return fragment_key(packet.destination, packet.source, packet.header.fragment_id);
    }
    return reverse_key(packet, packet.service);
  }
  BalancedFlow reverse_key(const BalancePacket& packet, uint32_t service) const {
    const auto& [address, port] = policy_.services[service].endpoint;
    return flow_key(packet.destination, packet.destination_port, address.data(), port, packet.protocol);
  }

  // There is such a record, and it is this backend's.
  bool serves(uint32_t index, const uint8_t* address, uint16_t port) const {
    if (index == BalancedFlowRecords::kNone) return false;
    const BalancedFlow& flow = flows_.at(index);
    return flow.backend_port == port && std::memcmp(flow.backend_address, address, 16) == 0;
  }

  bool look_up_forward(const BalancePacket& packet, uint64_t now, BalancedFlow& flow) const {
    uint32_t index = flows_.find(forward_key(packet), packet.hash, now);
    if (index == BalancedFlowRecords::kNone) return false;
    flow = flows_.at(index);
    return true;
  }

  bool advance_forward(const BalancePacket& packet, uint64_t now, BalancedFlow& flow) {
    flow = forward_key(packet);
    uint32_t index = flows_.find(flow, packet.hash, now);
    bool known = index != BalancedFlowRecords::kNone;
    if (known) flow = flows_.at(index);
    bool begins = !known || (packet.begins() && begins_anew(BalanceState(flow.state)));
    bool moves = !begins && must_move(flow);
    if ((begins || moves) && !choose(packet, flow, now)) return false;
    flow.state = uint8_t(begins ? first_state(packet) : next_state(packet, BalanceState(flow.state), true));
    if (!keep(index, packet.hash, flow, now)) return false;
    if (begins) memory_.count_flow(backends_.at(backends_.find(flow.backend_address, flow.backend_port)));
    moved_ += moves;
    if (packet.first_fragment) {
      BalancedFlow fragments = fragment_key(packet.source, packet.destination, packet.header.fragment_id);
      expect_fragments(fragments, flow.backend_address, flow.backend_port, now);
    }
    return true;
  }
  void advance_reverse(const BalancePacket& packet, uint32_t index, uint64_t now) {
    BalancedFlow flow = flows_.at(index);
    flow.state = uint8_t(next_state(packet, BalanceState(flow.state), false));
    keep(index, packet.hash, flow, now);
    if (packet.first_fragment) {
      BalancedFlow fragments = fragment_key(packet.destination, packet.source, packet.header.fragment_id);
      expect_fragments(fragments, flow.service_address, flow.service_port, now);
    }
  }
  static BalanceState first_state(const BalancePacket& packet) {
    if (packet.protocol != protocol::tcp) return BalanceState::first;
    uint8_t end = packet.tcp_flags & (tcp_flag::rst | tcp_flag::fin);
    return end ? after_segment(BalanceState::opening, end, true) : BalanceState::opening;
  }
  static BalanceState next_state(const BalancePacket& packet, BalanceState state, bool from_client) {
    if (packet.protocol != protocol::tcp) return BalanceState::stream;
    return after_segment(state, packet.tcp_flags, from_client);
  }

  // False when there is no room for a new flow. Deadlines are whole seconds, so that most packets write nothing.
  bool keep(uint32_t index, uint64_t hash, const BalancedFlow& flow, uint64_t now) {
    uint64_t deadline = now + policy_.timeouts.of(BalanceState(flow.state));
    deadline = (deadline + kBalanceSecond - 1) / kBalanceSecond * kBalanceSecond;
    if (index != BalancedFlowRecords::kNone) return flows_.write(index, flow, deadline), true;
    return flows_.insert(flow, hash, deadline, now, keeps_flow) != BalancedFlowRecords::kNone;
  }
  void expect_fragments(BalancedFlow record, const uint8_t* other_end, uint16_t port, uint64_t now) {
    std::memcpy(record.backend_address, other_end, sizeof record.backend_address);
    record.backend_port = port;
    record.state = uint8_t(BalanceState::fragment);
    uint64_t key_hash = flows_.hash(record);
    keep(flows_.find(record, key_hash, now), key_hash, record, now);
  }

  bool must_move(const BalancedFlow& flow) const {
    if (!policy_.move_from_down || !backends_.any_down()) return false;
    uint32_t number = backends_.find(flow.backend_address, flow.backend_port);
    return number != BackendSet::kNone && backends_.at(number).down;
  }

  // A backend for the flow; false when there is none.
  bool choose(const BalancePacket& packet, BalancedFlow& flow, uint64_t now) {
    uint64_t fixed = hash_key<BalancedFlow::kKeySize>(&flow, kHashSeed);
    uint32_t number = backends_.pick(packet.header.version == 6, fixed, [&](uint32_t candidate) {
      set_backend(flow, backends_.at(candidate));
      return policy_.direct || policy_.services.size() == 1 || !is_taken(flow, packet.service, now);
    });
    if (number == BackendSet::kNone) return false;
    set_backend(flow, backends_.at(number));
    return true;
  }
  static void set_backend(BalancedFlow& flow, const Backend& backend) {
    std::memcpy(flow.backend_address, backend.endpoint.address.data(), sizeof flow.backend_address);
    flow.backend_port = backend.endpoint.port ? backend.endpoint.port : flow.service_port;
  }
  // The backend could not distinguish this flow from one of the same client port with another service.
  bool is_taken(const BalancedFlow& flow, uint32_t service, uint64_t now) const {
    for (uint32_t other = 0; other < policy_.services.size(); ++other) {
      const auto& [address, port] = policy_.services[other].endpoint;
      if (other == service || policy_.services[other].protocol != flow.protocol) continue;
      BalancedFlow key = flow_key(flow.client_address, flow.client_port, address.data(), port, flow.protocol);
      if (serves(flows_.find(key, flows_.hash(key), now), flow.backend_address, flow.backend_port)) return true;
    }
    return false;
  }

  bool reverse_fragment(const BalancePacket& packet, uint64_t now) const {
    uint32_t index = flows_.find(reverse_key(packet), packet.hash, now);
    if (index == BalancedFlowRecords::kNone) return false;
    rewrite_end(packet.place, IpEnd::source, flows_.at(index).backend_address, 0);
    return true;
  }

  BalancedFlowRecords& flows_;
  BackendSet& backends_;
  BackendMemory& memory_;
  const BalancePolicy& policy_;
  uint64_t moved_ = 0;
};

}  // namespace clickup
