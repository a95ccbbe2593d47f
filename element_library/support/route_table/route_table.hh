// Routes: prefixes of IPv4 and IPv6 with one or more next hops each, found by longest match.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "support/route_table/route_trie.hh"

namespace clickup {

// Where packets go: an output, and the gateway that becomes the destination annotation. All zero: none, the packet's
// own destination is the next hop.
struct NextHop {
  uint32_t output = 0;
  std::array<uint8_t, 16> gateway{};  // IPv4 in the first four bytes, network byte order

  bool has_gateway() const { return gateway != std::array<uint8_t, 16>{}; }
  auto operator<=>(const NextHop&) const = default;
};

struct Route {
  bool six = false;
  std::array<uint8_t, 16> address{};  // IPv4 in the first four bytes; bits beyond the length are zero
  unsigned length = 0;
  NextHop hop;
};

// The next hops of a prefix. A flow's next hop is chosen by a weight of the flow and each next hop, so that adding or
// removing one moves no flow between the others (Thaler, Ravishankar: rendezvous hashing, RFC 2991).
class NextHops {
 public:
  NextHops() = default;
  explicit NextHops(std::vector<NextHop> hops);

  bool several() const { return hops_.size() > 1; }
  const NextHop& first() const { return hops_[0]; }
  const NextHop& choose(uint64_t flow) const;
  const std::vector<NextHop>& all() const { return hops_; }

 private:
  std::vector<NextHop> hops_;  // sorted
  std::vector<uint64_t> identities_;
};

class RouteTable {
 public:
  enum class Found : uint8_t { nothing, same_prefix, same_route };

  // Adds the route as the prefix's only one, or as one more next hop of it.
  void set(const Route& route);
  void join(const Route& route);
  // Removes the prefix, or only the route's next hop from it.
  void remove_prefix(const Route& route);
  void remove_hop(const Route& route);
  Found find(const Route& route) const;
  const std::vector<NextHop>& hops_of(const Route& route) const { return sets_[value_of(route)].hops.all(); }

  // The next hops of the longest matching prefix for each address; nullptr where there is no route. At most 64.
  void look_up4(const uint32_t* addresses, uint32_t count, const NextHops** found) const;  // network byte order
  void look_up6(const uint8_t* const* addresses, uint32_t count, const NextHops** found) const;

  size_t prefixes() const { return four_.size() + six_.size(); }
  size_t bytes() const { return four_.bytes() + six_.bytes(); }
  // Calls visit(route) for each route, until it returns false.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    if (!four_.for_each(
            [&](Key4 key, unsigned length, uint32_t set) { return visit_hops(false, key, length, set, visit); })) {
      return;
    }
    six_.for_each([&](Key6 key, unsigned length, uint32_t set) { return visit_hops(true, key, length, set, visit); });
  }

 private:
  using Key4 = uint64_t;
  __extension__ using Key6 = unsigned __int128;

  static Key4 key4(const uint8_t* address) {
    return Key4(address[0]) << 56 | Key4(address[1]) << 48 | Key4(address[2]) << 40 | Key4(address[3]) << 32;
  }
  static Key6 key6(const uint8_t* address) {
    Key6 key = 0;
    for (int i = 0; i < 16; ++i) key = key << 8 | address[i];
    return key;
  }

  uint32_t value_of(const Route& route) const;
  void change(const Route& route, std::vector<NextHop> hops);
  uint32_t set_of(std::vector<NextHop> hops);  // index of the set of these next hops, created if new
  void drop_user(uint32_t set);

  template <typename Key, typename Visit>
  bool visit_hops(bool six, Key key, unsigned length, uint32_t set, Visit&& visit) const {
    Route route{six, {}, length, {}};
    for (unsigned i = 0; i < (six ? 16u : 4u); ++i) route.address[i] = uint8_t(key >> (sizeof(Key) * 8 - 8 - i * 8));
    for (const NextHop& hop : sets_[set].hops.all()) {
      route.hop = hop;
      if (!visit(static_cast<const Route&>(route))) return false;
    }
    return true;
  }

  struct Set {
    NextHops hops;
    size_t users = 0;  // prefixes
  };

  RouteTrie<Key4> four_;
  RouteTrie<Key6> six_;
  std::vector<Set> sets_{1};  // a full table has few distinct ones; 0 is no set
  std::vector<uint32_t> unused_;
  std::map<std::vector<NextHop>, uint32_t> known_;
};

}  // namespace clickup
