// All backends: those of the list, and those that left it and may still have flows. A backend keeps its number as long
// as this process knows it.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "elements/BalanceTable/balance_policy.hh"
#include "elements/BalanceTable/maglev.hh"

namespace clickup {

struct Backend {
  BalanceEndpoint endpoint;
  uint32_t weight = 0;
  uint32_t record = BackendRecords::kNone;  // its record, which outlives this process
  bool listed = false;
  bool down = false;
  bool has_mac = false;
  EtherAddress mac{};

  bool takes_new() const { return listed && weight > 0 && !down; }
};

class BackendSet {
 public:
  static constexpr uint32_t kNone = ~0u;
  static constexpr uint32_t kMost = 4096;
  static_assert(kMost > 2 * MaglevTable::kMostBackends);

  // Sets the list; all others count as having left it.
  void take_list(const std::vector<ListedBackend>& list) {
    for (Backend& backend : backends_) backend.listed = false;
    for (const ListedBackend& listed : list) {
      Backend& backend = backends_[find_or_add(listed.endpoint)];
      backend.listed = true;
      backend.weight = listed.weight;
      backend.has_mac = listed.has_mac;
      backend.mac = listed.mac;
    }
  }
  // After a change: looks who takes new flows and starts to hash over them, if they are others than before.
  void settle() {
    std::array<std::vector<MaglevBackend>, 2> usable;
    any_down_ = false;
    for (uint32_t number = 0; number < backends_.size(); ++number) {
      const Backend& backend = backends_[number];
      const uint8_t* address = backend.endpoint.address.data();
      any_down_ |= backend.down;
      if (!backend.takes_new()) continue;
      usable[!is_ip4(address)].push_back({identity(address, backend.endpoint.port), uint16_t(number), backend.weight});
    }
    for (size_t six = 0; six < 2; ++six) {
      if (usable[six] == usable_[six]) continue;
      tables_[six].begin(usable[six]);
      usable_[six] = std::move(usable[six]);
    }
  }
  // Continues the hash tables; true while there is more to do.
  bool tend(uint32_t steps) {
    for (MaglevTable& table : tables_) table.fill(steps);
    return busy();
  }
  bool busy() const { return tables_[0].filling() || tables_[1].filling(); }

  std::vector<Backend>& all() { return backends_; }
  const Backend& at(uint32_t number) const { return backends_[number]; }
  bool any_down() const { return any_down_; }

  // Number of the backend that serves at this address and port, listed with the port or for all ports.
  uint32_t find(const uint8_t* address, uint16_t port) const {
    uint32_t found = find_exactly(address, port);
    return found == kNone && port != 0 ? find_exactly(address, 0) : found;
  }
  // Number of a backend for a new flow; kNone when there is none. `allowed(number)` may refuse some.
  template <class Allowed>
  uint32_t pick(bool six, uint64_t hash, const Allowed& allowed) const {
    constexpr uint32_t kAttempts = 64;
    for (uint32_t attempt = 0; attempt < kAttempts; ++attempt) {
      uint32_t number = tables_[six].pick(hash, attempt);
      if (number == MaglevTable::kNone) return kNone;
      if (backends_[number].takes_new() && allowed(number)) return number;
    }
    return kNone;
  }

  uint32_t find_or_add(const BalanceEndpoint& endpoint) {
    uint32_t number = find_exactly(endpoint.address.data(), endpoint.port);
    if (number != kNone) return number;
    number = new_number();
    backends_[number].endpoint = endpoint;
    enter(number);
    return number;
  }

 private:
  static constexpr uint32_t kSlots = 2 * kMost;
  static constexpr uint64_t kSeed = 0x6d61676c65760001;  // every balancer with the same list picks the same backend

  uint32_t new_number() {
    if (backends_.size() < kMost) {
      backends_.emplace_back();
      return uint32_t(backends_.size() - 1);
    }
    while (backends_[oldest_].listed) oldest_ = (oldest_ + 1) % kMost;
    uint32_t number = std::exchange(oldest_, (oldest_ + 1) % kMost);
    backends_[number] = {};
    slots_.assign(kSlots, 0);
    for (uint32_t other = 0; other < kMost; ++other) {
      if (other != number) enter(other);
    }
    return number;
  }

  // Open addressing; at most half full.
  void enter(uint32_t number) {
    const auto& [address, port] = backends_[number].endpoint;
    uint32_t slot = slot_of(address.data(), port);
    while (slots_[slot]) slot = (slot + 1) % kSlots;
    slots_[slot] = uint16_t(number + 1);
  }
  uint32_t find_exactly(const uint8_t* address, uint16_t port) const {
    for (uint32_t slot = slot_of(address, port); slots_[slot]; slot = (slot + 1) % kSlots) {
      const BalanceEndpoint& endpoint = backends_[slots_[slot] - 1].endpoint;
      if (endpoint.port == port && std::memcmp(endpoint.address.data(), address, 16) == 0) return slots_[slot] - 1u;
    }
    return kNone;
  }
  static uint32_t slot_of(const uint8_t* address, uint16_t port) { return uint32_t(identity(address, port)) % kSlots; }
  static uint64_t identity(const uint8_t* address, uint16_t port) {
    uint8_t name[18];
    std::memcpy(name, address, 16);
    std::memcpy(name + 16, &port, 2);
    return hash_key<sizeof name>(name, kSeed);
  }

  std::vector<Backend> backends_;                                // by number
  std::vector<uint16_t> slots_ = std::vector<uint16_t>(kSlots);  // number + 1; 0: free
  std::array<MaglevTable, 2> tables_;                            // IPv4, IPv6
  std::array<std::vector<MaglevBackend>, 2> usable_;             // what they are made from
  uint32_t oldest_ = 0;
  bool any_down_ = false;
};

}  // namespace clickup
