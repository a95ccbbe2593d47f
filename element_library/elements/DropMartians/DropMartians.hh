// DropMartians([ADDRESSES...]): drops the IPv4 and IPv6 packets that no router forwards.
//
// Ports: 1 input, agnostic; output 0, agnostic, for packets that may be forwarded; three optional outputs, push: 1 for
// those that may not, 2 for IPv6 packets from a link-local address to farther away, whose sender is to be told that the
// destination is beyond the scope of its source (RFC 4443 section 3.1), 3 for link-local packets to one of ADDRESSES,
// to be answered on the link that they came from. The IP header must be marked; packets without one are not forwarded.
// Parameters: ADDRESSES, those of the router with their prefix lengths, such as 192.0.2.1/24.
// Refused are sources that no host has (RFC 1812 section 5.3.7), destinations that none has, multicast (RFC 4291
// section 2.7), broadcasts of every network and of those of ADDRESSES (RFC 2644), and link-local packets (RFC 3927
// section 7, RFC 4291 section 2.5.6). Handlers: drops (r), packets refused so far; drop_details (r), by reason; both
// continue in the next worker.
#pragma once

#include <algorithm>
#include <vector>

#include "driver/element.hh"
#include "elements/DropMartians/address_scope.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ip_packet/ip_packet.hh"
#include "support/kept_counter/kept_counter.hh"

namespace clickup {

class DropMartians : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    for (const std::string& text : arguments.rest()) add_address(text, errors);
    arguments.finish(errors);
  }

  void initialize(Host& host, Errors& errors) override {
    for (uint32_t i = 0; i < kReasons; ++i) drops_[i].open(*this, kReasonWords[i], host, errors);
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("drops", [this] { return std::to_string(drops()); });
    handlers.read("drop_details", [this] { return drop_details(); });
  }

  void process(Batch& batch) override {
    Batch others;
    filter_batch(batch, others, [this](Packet& packet) { return may_be_forwarded(packet); });
    if (!others.empty()) part(others);
  }

 private:
  enum Reason : uint8_t {
    kSource,
    kDestination,
    kMulticast,
    kBroadcast,
    kLinkLocal,
    kBeyondScope,
    kReasons,
    kAnswered
  };
  static constexpr const char* kReasonWords[kReasons] = {"bad_source", "bad_destination", "multicast",
                                                         "broadcast",  "link_local",      "beyond_scope"};
  struct Ends {
    AddressScope source = AddressScope::none, destination = AddressScope::none;
  };

  bool may_be_forwarded(Packet& packet) const {
    Ends ends = ends_of(packet);
    return ends.source == AddressScope::global && ends.destination == AddressScope::global;
  }

  Ends ends_of(Packet& packet) const {
    if (const uint8_t* ip = ip4_header(packet)) return {scope4(ip + 12), scope4(ip + 16)};
    if (const uint8_t* ip = ip6_header(packet)) return {ip6_scope(ip + 8), ip6_scope(ip + 24)};
    return {};
  }

  AddressScope scope4(const uint8_t* at) const {
    uint32_t address = load32(at);
    for (uint32_t broadcast : broadcasts_) {
      if (address == broadcast) return AddressScope::broadcast;
    }
    return ip4_scope(address);
  }

  [[gnu::cold, gnu::noinline]] void part(Batch& others) {
    Batch martians, beyond, answered;
    for (Packet* packet : others) {
      Reason reason = reason_of(*packet);
      if (reason < kReasons) drops_[reason].add(*packet);
      (reason == kAnswered ? answered : reason == kBeyondScope ? beyond : martians).add(packet);
    }
    if (!martians.empty()) push_or_release(1, martians);
    if (!beyond.empty()) push_or_release(2, beyond);
    if (!answered.empty()) push_or_release(3, answered);
  }

  Reason reason_of(Packet& packet) const {
    Ends ends = ends_of(packet);
    if (ends.source != AddressScope::global && ends.source != AddressScope::link_local) return kSource;
    switch (ends.destination) {
      case AddressScope::none: return kDestination;
      case AddressScope::multicast: return kMulticast;
      case AddressScope::broadcast: return kBroadcast;
      case AddressScope::link_local: return is_ours(packet) ? kAnswered : kLinkLocal;
      case AddressScope::global: break;
    }
    if (is_ours(packet)) return kAnswered;
    return ip6_header(packet) ? kBeyondScope : kLinkLocal;
  }

  bool is_ours(Packet& packet) const {
    const uint8_t* four = ip4_header(packet);
    IpAddress destination = four ? ip4_address(four + 16) : ip6_address(ip6_header(packet) + 24);
    return std::find(addresses_.begin(), addresses_.end(), destination) != addresses_.end();
  }

  void add_address(const std::string& text, Errors& errors) {
    IpPrefix prefix;
    if (!parse_ip_prefix(text, prefix))
      return errors.add("'" + text + "' is no IP address with a prefix, such as 192.0.2.1/24");
    addresses_.push_back(prefix.address);
    // Networks of 31 and 32 bits have no broadcast address (RFC 3021).
    if (!is_ip4(prefix.address.data()) || prefix.length > 126) return;
    uint32_t broadcast = load32(prefix.address.data() + 12) | ~0u >> (prefix.length - 96);
    bool known = std::find(broadcasts_.begin(), broadcasts_.end(), broadcast) != broadcasts_.end();
    if (!known) broadcasts_.push_back(broadcast);
  }

  uint64_t drops() const {
    uint64_t sum = 0;
    for (const KeptCounter& one : drops_) sum += one.packets();
    return sum;
  }
  std::string drop_details() const {
    std::string text;
    for (uint32_t i = 0; i < kReasons; ++i) text += drops_[i].text() + "\t" + kReasonWords[i] + "\n";
    return text;
  }

  std::vector<IpAddress> addresses_;
  std::vector<uint32_t> broadcasts_;  // of their networks, host byte order
  KeptCounter drops_[kReasons];
};

}  // namespace clickup
