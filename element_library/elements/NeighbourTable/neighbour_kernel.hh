// Which Ethernet address a neighbour has, and when to ask for it (RFC 826, RFC 1122 2.3.2, RFC 4861 7.3). It knows
// nothing of elements or routers.
#pragma once

#include <algorithm>
#include <cstring>

#include "layouts/NeighbourTable.layout.hh"
#include "state_table/moment.hh"
#include "state_table/state_table.hh"
#include "support/ip_address/ip_address.hh"

namespace clickup {

using Neighbour = NeighboursLayout;
using NeighbourRecords = StateTable<Neighbour>;

// Values of Neighbour::state. They are stored: a number keeps its meaning for ever.
enum class NeighbourState : uint8_t { incomplete = 0, known = 1, failed = 2 };

// The records that a full table keeps.
inline bool is_known(const Neighbour& neighbour) { return NeighbourState(neighbour.state) == NeighbourState::known; }

struct NeighbourPolicy {
  uint64_t timeout = 300'000'000'000;  // ns without a message until it is forgotten
};

struct Resolution {
  enum Fate : uint8_t { ready, waits, unreachable };
  Fate fate = unreachable;
  bool ask = false;      // now
  bool unicast = false;  // the one whose address is known
  uint8_t ether[6]{};    // when ready, or asked by unicast
};

// What a message tells about its sender.
struct NeighbourNews {
  IpAddress address{};
  uint8_t ether[6]{};
  bool has_ether = true;
  bool confirms = true;     // it is reachable now; else only the address is news
  bool overrides = true;    // counts also when another Ethernet address is known
  bool introduces = false;  // counts even if unsolicited
};

class NeighbourKernel {
 public:
  static constexpr uint64_t kRetry =
      1'000'000'000;  // ns between questions for one neighbour (RFC 1122 2.3.2.1, RFC 4861 10)
  static constexpr uint8_t kMostQuestions = 3;  // without an answer (RFC 4861 10)

  NeighbourKernel(NeighbourRecords& records, const NeighbourPolicy& policy) : records_(records), policy_(policy) {}

  uint64_t hash(const IpAddress& address) const { return records_.hash(key(address)); }
  void prefetch(uint64_t hash) const { records_.prefetch_record(hash); }

  // For a packet to `address`. A neighbour that was not heard for `poll` is asked again, by unicast, while packets go
  // on to it. `ask` is said at most once in kRetry.
  Resolution resolve(const IpAddress& address, uint64_t hash, uint64_t poll, uint64_t now) {
    uint32_t index = records_.find(key(address), hash, now);
    if (index == NeighbourRecords::kNone) return begin(address, hash, now);
    const Neighbour& neighbour = records_.at(index);
    switch (NeighbourState(neighbour.state)) {
      case NeighbourState::known: return age(neighbour.heard, now) < poll ? ready(neighbour) : check(index, now);
      case NeighbourState::incomplete: return go_on(index, now);
      case NeighbourState::failed: break;
    }
    return {};
  }

  // When resolve may say to ask again.
  uint64_t next_question(const IpAddress& address, uint64_t hash, uint64_t now) const {
    uint32_t index = records_.find(key(address), hash, now);
    return index == NeighbourRecords::kNone ? now : later(records_.at(index).asked + kRetry, now);
  }

  // True when the neighbour is known now.
  bool learn(const NeighbourNews& news, uint64_t poll, uint64_t now) {
    uint64_t hash = this->hash(news.address);
    uint32_t index = records_.find(key(news.address), hash, now);
    if (index == NeighbourRecords::kNone) return news.introduces && news.has_ether && add(news, hash, poll, now);
    Neighbour neighbour = records_.at(index);
    bool known = NeighbourState(neighbour.state) == NeighbourState::known;
    if (!known && !news.has_ether) return false;
    bool differs = news.has_ether && std::memcmp(neighbour.ether, news.ether, 6) != 0;
    if (known && differs && !news.overrides) {  // RFC 4861 7.2.5: the right one will answer the next question
      if (age(neighbour.heard, now) < poll) store_heard(index, neighbour, stale(poll, now), now);
      return true;
    }
    if (news.has_ether) std::memcpy(neighbour.ether, news.ether, 6);
    neighbour.state = uint8_t(NeighbourState::known);
    if (news.confirms || !known || differs) store_heard(index, neighbour, news.confirms ? now : stale(poll, now), now);
    return true;
  }

  bool forget(const IpAddress& address, uint64_t now) {
    uint32_t index = records_.find(key(address), hash(address), now);
    if (index == NeighbourRecords::kNone) return false;
    records_.erase(index);
    return true;
  }

 private:
  static constexpr uint64_t kHold = kRetry;                // ns in which a silent neighbour is not asked again
  static constexpr uint64_t kLongest = uint64_t(1) << 62;  // ns; further apart no two moments are

  static Neighbour key(const IpAddress& address) {
    Neighbour neighbour;
    std::memcpy(neighbour.address, address.data(), sizeof neighbour.address);
    return neighbour;
  }
  static uint64_t stale(uint64_t poll, uint64_t now) { return now - std::min(poll, kLongest); }

  static Resolution ready(const Neighbour& neighbour, bool ask = false) {
    Resolution resolution{Resolution::ready, ask, true, {}};
    std::memcpy(resolution.ether, neighbour.ether, 6);
    return resolution;
  }

  Resolution begin(const IpAddress& address, uint64_t hash, uint64_t now) {
    Neighbour neighbour = key(address);
    neighbour.asked = now;
    neighbour.asked_times = 1;
    uint32_t index = records_.insert(neighbour, hash, now + 2 * kRetry, now, is_known);
    if (index == NeighbourRecords::kNone) return {};
    return {Resolution::waits, true, false, {}};
  }

  // Resolves a neighbour that is known, but has been silent for long.
  Resolution check(uint32_t index, uint64_t now) {
    Neighbour neighbour = records_.at(index);
    if (age(neighbour.asked, now) < kRetry) return ready(neighbour);
    if (neighbour.asked_times >= kMostQuestions) {  // it has moved, or is gone: from now on packets wait
      neighbour.state = uint8_t(NeighbourState::incomplete);
      neighbour.asked_times = 0;
      records_.write(index, neighbour, now + 2 * kRetry);
      return go_on(index, now);
    }
    neighbour.asked = now;
    ++neighbour.asked_times;
    records_.write(index, neighbour, records_.deadline(index));
    return ready(neighbour, true);
  }
  Resolution go_on(uint32_t index, uint64_t now) {
    Neighbour neighbour = records_.at(index);
    if (age(neighbour.asked, now) < kRetry) return {Resolution::waits, false, false, {}};
    neighbour.asked = now;
    if (neighbour.asked_times >= kMostQuestions) {
      neighbour.state = uint8_t(NeighbourState::failed);
      records_.write(index, neighbour, now + kHold);
      return {};
    }
    ++neighbour.asked_times;
    records_.write(index, neighbour, now + 2 * kRetry);
    return {Resolution::waits, true, false, {}};
  }

  void store_heard(uint32_t index, Neighbour& neighbour, uint64_t heard, uint64_t now) {
    neighbour.heard = heard;
    neighbour.asked_times = 0;
    neighbour.asked = 0;
    records_.write(index, neighbour, now + policy_.timeout);
  }
  bool add(const NeighbourNews& news, uint64_t hash, uint64_t poll, uint64_t now) {
    Neighbour neighbour = key(news.address);
    std::memcpy(neighbour.ether, news.ether, 6);
    neighbour.state = uint8_t(NeighbourState::known);
    neighbour.heard = news.confirms ? now : stale(poll, now);
    return records_.insert(neighbour, hash, now + policy_.timeout, now, is_known) != NeighbourRecords::kNone;
  }

  NeighbourRecords& records_;
  const NeighbourPolicy& policy_;
};

}  // namespace clickup
