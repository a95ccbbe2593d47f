// FastUDPFlows(RATE, LIMIT, LENGTH, SRCETH, SRCIP, DSTETH, DSTIP, FLOWS, FLOWSIZE, [CHECKSUM, ACTIVE, STOP, END_CALL]):
// emits packets of a set of UDP flows, which it picks at random.
//
// Ports: 1 output, agnostic. The flows differ in their ports; which ones, and the order of packets, is the same in
// every run. Packets are Ethernet frames with their IP and UDP headers marked. Parameters: RATE in packets/s, 0 for as
// fast as it can; LIMIT, packets to emit, negative for no limit; LENGTH of a frame, at least 60 bytes; SRCETH, SRCIP,
// DSTETH, DSTIP; FLOWS; FLOWSIZE, packets after which a flow changes its ports; CHECKSUM, compute UDP checksums (true);
// ACTIVE (true); STOP, end the driver after LIMIT packets (false). Handlers: count (r); reset (w) starts again; rate,
// limit, length, active (rw). Reading rate gives RATE, where Click gives what it measured.
#pragma once

#include <array>

#include "support/address_names/address_names.hh"
#include "support/ip_operand/ip_operand.hh"
#include "support/live_handlers/live_handlers.hh"
#include "support/packet_source/packet_source.hh"
#include "support/token_bucket/token_bucket.hh"
#include "support/udp_flows/udp_flows.hh"

namespace clickup {

class FastUDPFlows : public PacketSource {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string source_ether, source, destination_ether, destination;
    arguments.positional("RATE", rate_).positional("LIMIT", limit_).positional("LENGTH", headers_.length);
    arguments.positional("SRCETH", source_ether).positional("SRCIP", source);
    arguments.positional("DSTETH", destination_ether).positional("DSTIP", destination);
    arguments.positional("FLOWS", flow_count_).positional("FLOWSIZE", flow_size_);
    arguments.positional("CHECKSUM", headers_.checksum, false).positional("ACTIVE", active_, false);
    read_end(arguments, errors);
    arguments.finish(errors);
    if (!errors.empty()) return;
    read_ether("SRCETH", with_addresses(*this, source_ether, AddressKind::ether), headers_.source_ether, errors);
    read_ether("DSTETH", with_addresses(*this, destination_ether, AddressKind::ether), headers_.destination_ether,
               errors);
    read_address("SRCIP", with_addresses(*this, source, AddressKind::ip), headers_.source, errors);
    read_address("DSTIP", with_addresses(*this, destination, AddressKind::ip), headers_.destination, errors);
    check_number("LENGTH", headers_.length, UdpFlows::kLeastLength, kMaxPacket, errors);
    check_number("FLOWS", flow_count_, 1, kMostFlows, errors);
    check_number("FLOWSIZE", flow_size_, 1, UINT32_MAX, errors);
    apply();
  }

  void initialize(Host& host, Errors& errors) override {
    Emitter::initialize(host, errors);
    flows_.make(flow_count_, headers_);
  }

  void add_handlers(HandlerTable& handlers) override {
    add_source_handlers(handlers);
    live_handler(
        handlers, *this, "rate", "RATE", [this] { return std::to_string(rate_); },
        [this](std::string_view text) {
          std::string problem = set_number("RATE", text, rate_, 0, UINT32_MAX);
          apply();
          return problem;
        });
    live_handler(
        handlers, *this, "length", "LENGTH", [this] { return std::to_string(headers_.length); },
        [this](std::string_view text) {
          std::string problem = set_number("LENGTH", text, headers_.length, UdpFlows::kLeastLength, kMaxPacket);
          if (problem.empty()) flows_.make(flow_count_, headers_);
          return problem;
        });
  }

  uint64_t timer_at() const override { return has_task() && !exhausted() && rate_ > 0 ? bucket_.next_ns() : 0; }

 protected:
  uint64_t due(uint64_t limit) override {
    if (rate_ == 0) return limit;
    bucket_.refill(now_ns());
    return std::min(limit, bucket_.whole());
  }
  void emitted(uint64_t count) override {
    if (rate_ > 0) bucket_.take(count);
  }
  void restarted() override { bucket_.empty(now_ns()); }

  // Twice over the batch: the flows are far apart in memory, and loads of one another's lines overlap this way.
  void make(Batch& batch, uint32_t count) override {
    std::array<uint32_t, kBatchSize> chosen;
    for (uint32_t i = 0; i < count; ++i) {
      chosen[i] = flows_.pick();
      flows_.prefetch(chosen[i]);
    }
    for (uint32_t i = 0; i < count; ++i) {
      Packet* packet = packet_pool().allocate();
      if (!packet) return;
      std::memcpy(packet->data(), flows_.next(chosen[i], flow_size_), headers_.length);
      packet->length = headers_.length;
      packet->mac_header = packet->begin;
      packet->network_header = packet->begin + UdpFlows::kIpHeader;
      packet->transport_header = packet->begin + UdpFlows::kTransportHeader;
      packet->destination_ip = headers_.destination;
      batch.add(packet);
    }
  }

 private:
  static constexpr uint32_t kMostFlows = 4'000'000;

  void apply() { bucket_.set(rate_, rate_ * 0.02); }

  static void read_ether(const char* name, const std::string& text, EtherAddress& address, Errors& errors) {
    if (parse_ether_address(text, address)) return;
    errors.add(std::string(name) + " '" + text + "': expected an Ethernet address, such as 02:00:00:00:00:01");
  }
  static void read_address(const char* name, const std::string& text, uint32_t& address, Errors& errors) {
    if (auto value = parse_ip4(text)) {
      address = htonl(*value);
    } else {
      errors.add(std::string(name) + " '" + text + "': expected an IPv4 address");
    }
  }
  static void check_number(const char* name, uint32_t value, uint32_t low, uint32_t high, Errors& errors) {
    std::string problem = set_number(name, std::to_string(value), value, low, high);
    if (!problem.empty()) errors.add(problem);
  }

  uint32_t rate_ = 0, flow_count_ = 0, flow_size_ = 0;
  UdpFlowHeaders headers_;
  UdpFlows flows_;
  TokenBucket bucket_;
};

}  // namespace clickup
