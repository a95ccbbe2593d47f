// Data on backends that is kept from one worker to the next, in a state table.
#pragma once

#include "elements/BalanceTable/backend_set.hh"

namespace clickup {

class BackendMemory {
 public:
  BackendMemory(BackendRecords& records, BackendSet& set) : records_(records), set_(set) {}

  // Makes set and table agree, after a change of the list or of who writes the table: each learns what the other knows.
  void agree(uint64_t now) {
    for (Backend& backend : set_.all()) backend.record = BackendRecords::kNone;
    for (uint32_t index = 0; index < records_.fresh(); ++index) {
      if (records_.used(index) && records_.deadline(index) > now) learn(index, now);
    }
    for (Backend& backend : set_.all()) {
      if (backend.listed) write(backend, now);
    }
  }

  void set_down(Backend& backend, bool down, uint64_t now) {
    backend.down = down;
    write(backend, now);
  }
  void count_flow(const Backend& backend) {
    if (!recorded(backend)) return;
    BackendsLayout record = records_.at(backend.record);
    ++record.opened;
    records_.write(backend.record, record, records_.deadline(backend.record));
  }
  uint64_t opened(const Backend& backend) const { return recorded(backend) ? records_.at(backend.record).opened : 0; }
  // It has a flow: if it left the list, it is still remembered.
  void note_use(const Backend& backend, uint64_t now) {
    if (backend.listed || !recorded(backend)) return;
    if (records_.deadline(backend.record) > now + kMemory / 2) return;
    records_.write(backend.record, records_.at(backend.record), now + kMemory);
  }

 private:
  static constexpr uint64_t kMemory = 86400 * kBalanceSecond;
  static constexpr uint64_t kForever = 3650 * kMemory;

  void learn(uint32_t index, uint64_t now) {
    BackendsLayout record = records_.at(index);
    BalanceEndpoint endpoint;
    endpoint.address = ip6_address(record.address);
    endpoint.port = record.port;
    Backend& backend = set_.all()[set_.find_or_add(endpoint)];
    backend.record = index;
    backend.down = record.down;
    if (backend.listed) return;
    backend.has_mac = record.has_mac;
    std::memcpy(backend.mac.data(), record.mac, sizeof record.mac);
    if (records_.deadline(index) > now + kMemory) records_.write(index, record, now + kMemory);
  }

  void write(Backend& backend, uint64_t now) {
    bool known = recorded(backend);
    BackendsLayout record = known ? records_.at(backend.record) : key(backend.endpoint);
    record.down = backend.down;
    record.has_mac = backend.has_mac;
    std::memcpy(record.mac, backend.mac.data(), sizeof record.mac);
    if (!known) {
      constexpr auto least_needed = [](const BackendsLayout&) { return false; };  // one that left the list goes first
      backend.record = records_.insert(record, records_.hash(record), now + kForever, now, least_needed);
      return;
    }
    uint64_t deadline = records_.deadline(backend.record);
    if (backend.listed && deadline < now + kForever / 2) deadline = now + kForever;
    records_.write(backend.record, record, deadline);
  }

  // The record may be gone, or another backend's meanwhile.
  bool recorded(const Backend& backend) const {
    if (backend.record == BackendRecords::kNone || !records_.used(backend.record)) return false;
    BackendsLayout wanted = key(backend.endpoint);
    return std::memcmp(&records_.at(backend.record), &wanted, BackendsLayout::kKeySize) == 0;
  }

  static BackendsLayout key(const BalanceEndpoint& endpoint) {
    BackendsLayout record;
    std::memcpy(record.address, endpoint.address.data(), sizeof record.address);
    record.port = endpoint.port;
    return record;
  }

  BackendRecords& records_;
  BackendSet& set_;
};

}  // namespace clickup
