// SortedIPLookup(ADDRESS/MASK [GATEWAY] OUTPUT, ...): routes IPv4 packets by longest prefix.
//
// Ports: 1 input, push; any number of outputs, push. Looks the destination annotation up; a route's gateway becomes the
// new annotation. Packets without a route are dropped. All of Click's IPv4 lookup classes are one here; LookupRoute
// does more. Handlers: table [MOST], lookup ADDRESS (r); add, set, remove, ctrl, flush (w).
#pragma once

#include "support/route_lookup/route_lookup.hh"

namespace clickup {

class SortedIPLookup : public RouteLookup {
 public:
  SortedIPLookup() : RouteLookup(Families::four, Several::no) {}
  void configure(Arguments& arguments, Errors& errors) override { read_routes(arguments, errors); }
};

}  // namespace clickup
