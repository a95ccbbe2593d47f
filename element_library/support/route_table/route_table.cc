#include "support/route_table/route_table.hh"

#include <algorithm>
#include <cstring>

#include "support/flow_hash/flow_hash.hh"

namespace clickup {
namespace {

uint64_t identity_of(const NextHop& hop) {
  return flow_hash_detail::mix(flow_hash_detail::of_address(hop.gateway.data(), 16) + hop.output);
}

}  // namespace

NextHops::NextHops(std::vector<NextHop> hops) : hops_(std::move(hops)) {
  for (const NextHop& hop : hops_) identities_.push_back(identity_of(hop));
}

const NextHop& NextHops::choose(uint64_t flow) const {
  size_t best = 0;
  uint64_t highest = 0;
  for (size_t i = 0; i < hops_.size(); ++i) {
    uint64_t weight = flow_hash_detail::mix(flow ^ identities_[i]);
    if (weight < highest) continue;
    best = i;
    highest = weight;
  }
  return hops_[best];
}

uint32_t RouteTable::value_of(const Route& route) const {
  return route.six ? six_.find(key6(route.address.data()), route.length)
                   : four_.find(key4(route.address.data()), route.length);
}

uint32_t RouteTable::set_of(std::vector<NextHop> hops) {
  auto [found, fresh] = known_.try_emplace(hops, 0);
  if (fresh) {
    found->second = uint32_t(sets_.size());
    if (unused_.empty()) {
      sets_.emplace_back();
    } else {
      found->second = unused_.back();
      unused_.pop_back();
    }
    sets_[found->second].hops = NextHops(std::move(hops));
  }
  ++sets_[found->second].users;
  return found->second;
}

void RouteTable::drop_user(uint32_t set) {
  if (set == 0 || --sets_[set].users > 0) return;
  known_.erase(sets_[set].hops.all());
  sets_[set].hops = {};
  unused_.push_back(set);
}

void RouteTable::change(const Route& route, std::vector<NextHop> hops) {
  uint32_t now = hops.empty() ? 0 : set_of(std::move(hops));
  drop_user(route.six ? six_.set(key6(route.address.data()), route.length, now)
                      : four_.set(key4(route.address.data()), route.length, now));
}

void RouteTable::set(const Route& route) { change(route, {route.hop}); }
void RouteTable::remove_prefix(const Route& route) { change(route, {}); }

void RouteTable::join(const Route& route) {
  std::vector<NextHop> hops = hops_of(route);
  auto place = std::lower_bound(hops.begin(), hops.end(), route.hop);
  if (place != hops.end() && *place == route.hop) return;
  hops.insert(place, route.hop);
  change(route, std::move(hops));
}

void RouteTable::remove_hop(const Route& route) {
  std::vector<NextHop> hops = hops_of(route);
  std::erase(hops, route.hop);
  change(route, std::move(hops));
}

RouteTable::Found RouteTable::find(const Route& route) const {
  uint32_t set = value_of(route);
  if (set == 0) return Found::nothing;
  const std::vector<NextHop>& hops = hops_of(route);
  return std::find(hops.begin(), hops.end(), route.hop) == hops.end() ? Found::same_prefix : Found::same_route;
}

void RouteTable::look_up4(const uint32_t* addresses, uint32_t count, const NextHops** found) const {
  Key4 keys[64]{};
  uint32_t sets[64];
  for (uint32_t i = 0; i < count; ++i) {
    uint8_t bytes[4];
    std::memcpy(bytes, &addresses[i], 4);
    keys[i] = key4(bytes);
  }
  four_.look_up(keys, count, sets);
  for (uint32_t i = 0; i < count; ++i) found[i] = sets[i] == 0 ? nullptr : &sets_[sets[i]].hops;
}

void RouteTable::look_up6(const uint8_t* const* addresses, uint32_t count, const NextHops** found) const {
  Key6 keys[64]{};
  uint32_t sets[64];
  for (uint32_t i = 0; i < count; ++i) keys[i] = key6(addresses[i]);
  six_.look_up(keys, count, sets);
  for (uint32_t i = 0; i < count; ++i) found[i] = sets[i] == 0 ? nullptr : &sets_[sets[i]].hops;
}

}  // namespace clickup
