// The table of stations, its expiry and its handlers: the common part of StationTable and EtherSwitch.
#pragma once

#include <algorithm>
#include <string>

#include "driver/element.hh"
#include "driver/state_element.hh"
#include "elements/StationTable/bridge_kernel.hh"
#include "support/ether_address/ether_address.hh"
#include "support/table_text/table_text.hh"

namespace clickup {

class StationState {
 public:
  uint32_t capacity = 16384;
  uint64_t ageing = 300'000'000'000;  // ns

  StationRecords& records() { return records_; }
  BridgeKernel& kernel() { return kernel_; }

  void check(Errors& errors) const {
    check_capacity("CAPACITY", capacity, kMinCapacity, kMaxCapacity, "stations", errors);
  }
  void open(const Element& element, Host& host, Errors& errors) {
    open_table(element, capacity, records_, host, errors);
  }
  void resume(const Element& element) { resume_table(element, records_, "stations"); }
  void pause() { records_.pause(); }

  uint64_t next_expiry() const { return next_expiry_; }
  void expire(uint64_t now) {
    records_.expire(now, kBudget);
    records_.reserve();
    next_expiry_ = now + std::min(kLongestPause, kRound * kBudget / std::max(records_.fresh(), 1u));
  }

  // Address, VLAN, port, seconds left.
  std::string line(uint32_t index, uint64_t now) const {
    const Station& station = records_.at(index);
    EtherAddress address;
    std::copy_n(station.address, 6, address.begin());
    uint64_t left = records_.deadline(index) > now ? (records_.deadline(index) - now) / 1'000'000'000 : 0;
    return ether_address_text(address) + " " + std::to_string(station.vlan) + " " + port_text(station) + " " +
           std::to_string(left);
  }
  static std::string port_text(const Station& station) {
    const auto* begin = reinterpret_cast<const char*>(station.port);
    return std::string(begin, std::find(begin, begin + sizeof station.port, '\0'));
  }

 private:
  // A few microseconds at a time, and less often when that is enough to go round all records in time.
  static constexpr uint32_t kBudget = 1024;
  static constexpr uint64_t kRound = 30'000'000'000, kLongestPause = 50'000'000;  // ns

  StationRecords records_;
  BridgeKernel kernel_{records_, ageing};
  uint64_t next_expiry_ = 1;
};

}  // namespace clickup
