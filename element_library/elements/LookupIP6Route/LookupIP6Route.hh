// LookupIP6Route(DESTINATION/LENGTH GATEWAY OUTPUT, ...): routes IPv6 packets by longest prefix.
//
// Ports: 1 input, push; any number of outputs, push. Looks the destination annotation up; a route's gateway becomes the
// new annotation, `::0` is none. DESTINATION MASK GATEWAY OUTPUT is taken too. Packets without a route are dropped.
// LookupRoute does more. Handlers: table [MOST], lookup ADDRESS (r); add, set, remove, ctrl, flush (w).
#pragma once

#include <sstream>

#include "support/route_lookup/route_lookup.hh"

namespace clickup {

class LookupIP6Route : public RouteLookup {
 public:
  LookupIP6Route() : RouteLookup(Families::six, Several::no) {}
  void configure(Arguments& arguments, Errors& errors) override { read_routes(arguments, errors); }

 protected:
  // Destination and mask become one word.
  std::string in_order(const std::string& argument) const override {
    std::istringstream words(argument);
    std::string destination, mask, rest;
    words >> destination >> mask;
    std::getline(words, rest);
    bool apart = destination.find('/') == std::string::npos && mask.find(':') != std::string::npos &&
                 rest.find(':') != std::string::npos;
    return apart ? destination + "/" + mask + rest : argument;
  }
};

}  // namespace clickup
