// The table of neighbours, the packets that wait across a takeover, and the handlers: what NeighbourTable, ARPTable and
// an ARPQuerier with a table of its own have.
#pragma once

#include <algorithm>
#include <string>

#include "driver/element.hh"
#include "driver/state_element.hh"
#include "elements/NeighbourTable/neighbour_kernel.hh"
#include "support/ether_address/ether_address.hh"
#include "support/kept_counter/kept_counter.hh"
#include "support/packet_store/packet_store.hh"
#include "support/table_text/table_text.hh"

namespace clickup {

class Neighbourhood {
 public:
  static constexpr uint32_t kMostWaiting = 16384;

  uint32_t capacity = 4096, most_waiting = 1000, queue = 16;
  NeighbourPolicy policy;
  uint32_t waiting = 0;  // packets, of all elements on this table
  KeptCounter drops;     // of them

  NeighbourRecords& records() { return records_; }
  NeighbourKernel& kernel() { return kernel_; }
  PacketStore<UnresolvedLayout>& unresolved() { return unresolved_; }

  void check(Errors& errors) const {
    check_capacity("CAPACITY", capacity, kMinCapacity, kMaxCapacity, "neighbours", errors);
    check_capacity("WAITING", most_waiting, kMinCapacity, kMostWaiting, "packets", errors);
    check_capacity("QUEUE", queue, 1, kMostWaiting, "packets", errors);
  }
  void open(const Element& element, Host& host, Errors& errors) {
    open_table(element, capacity, records_, host, errors);
    uint32_t pieces = unresolved_.kMostPieces * std::max(most_waiting, kMinCapacity);
    open_table(element, pieces, unresolved_.records(), host, errors);
    drops.open(element, "drops", host, errors);
  }
  void resume(const Element& element) {
    resume_table(element, records_, "neighbours");
    unresolved_.records().resume();
  }
  void pause() {
    records_.pause();
    unresolved_.records().pause();
  }

  uint64_t next_expiry() const { return next_expiry_; }
  void expire(uint64_t now) {
    if (now < next_expiry_) return;
    records_.expire(now, kBudget);
    records_.reserve();
    next_expiry_ = now + std::min(kLongestPause, kRound * kBudget / std::max(records_.fresh(), 1u));
  }

  // insert, delete and clear, as Click's ARPTable has them.
  void add_writers(HandlerTable& handlers) {
    handlers.write("insert", [this](std::string_view text) { return insert(text); });
    handlers.write("delete", [this](std::string_view text) {
      IpAddress address;
      if (!parse_ip_address(text, address)) return "'" + std::string(text) + "' is no IP address";
      kernel_.forget(address, now_ns());
      return std::string();
    });
    handlers.write("clear", [this](std::string_view) {
      records_.erase_all();
      return std::string();
    });
  }
  // As Click's ARPTable: address, whether it is known, Ethernet address, age in seconds.
  std::string click_line(uint32_t index) const {
    const Neighbour& neighbour = records_.at(index);
    bool known = NeighbourState(neighbour.state) == NeighbourState::known;
    std::string ether = known ? ether_text(neighbour) : "FF-FF-FF-FF-FF-FF";
    for (char& c : ether) c = c == ':' ? '-' : c >= 'a' ? char(c - 32) : c;
    char age[32];
    std::snprintf(age, sizeof age, "%.6f", double(age_ns(neighbour)) / 1e9);
    return ip_address_text(neighbour.address) + " " + (known ? "1 " : "0 ") + ether + " " + age;
  }
  // Address, state, Ethernet address, age in seconds.
  std::string line(uint32_t index) const {
    static constexpr const char* kStates[] = {"incomplete", "known", "failed"};
    const Neighbour& neighbour = records_.at(index);
    bool known = NeighbourState(neighbour.state) == NeighbourState::known;
    return ip_address_text(neighbour.address) + " " + kStates[neighbour.state % 3] + " " +
           (known ? ether_text(neighbour) : "-") + " " + std::to_string(age_ns(neighbour) / 1'000'000'000);
  }

 private:
  // A few microseconds at a time, and less often when that is enough to go round all records in time.
  static constexpr uint32_t kBudget = 1024;
  static constexpr uint64_t kRound = 30'000'000'000, kLongestPause = 50'000'000;  // ns

  static std::string ether_text(const Neighbour& neighbour) {
    EtherAddress ether;
    std::copy_n(neighbour.ether, 6, ether.begin());
    return ether_address_text(ether);
  }
  static uint64_t age_ns(const Neighbour& neighbour) {
    bool known = NeighbourState(neighbour.state) == NeighbourState::known;
    return age(known ? neighbour.heard : neighbour.asked, now_ns());
  }

  std::string insert(std::string_view text) {
    size_t blank = text.find(' ');
    NeighbourNews news;
    EtherAddress ether;
    bool good = blank != std::string_view::npos && parse_ip_address(text.substr(0, blank), news.address) &&
                parse_ether_address(text.substr(blank + 1), ether);
    if (!good) return "expected an IP address and an Ethernet address, such as '10.0.0.1 02:00:00:00:00:01'";
    std::copy(ether.begin(), ether.end(), news.ether);
    news.introduces = true;
    return kernel_.learn(news, 0, now_ns()) ? "" : "the table is full";
  }

  NeighbourRecords records_;
  NeighbourKernel kernel_{records_, policy};
  PacketStore<UnresolvedLayout> unresolved_;
  uint64_t next_expiry_ = 1;
};

}  // namespace clickup
