// Routes as text: `PREFIX [[via] GATEWAY] OUTPUT`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/route_table/route_table.hh"

namespace clickup {

// The outputs that routes may name: by number, and by name where they have names.
struct RouteOutputs {
  uint32_t count = 0;
  std::vector<std::string> names;

  std::string text(uint32_t output) const { return output < names.size() ? names[output] : std::to_string(output); }
};

// How complete a route is: a removal may omit the next hop.
enum class RouteForm : uint8_t { whole, prefix_only };

// Reads a route; returns an error, empty on success. `-` and the zero address mean no gateway. A mask may be given
// instead of the prefix length, and IPv4 prefixes may omit trailing zero bytes: 18.26.4/24.
std::string read_route(std::string_view text, const RouteOutputs& outputs, Route& route, RouteForm& form);
// "PREFIX<TAB>GATEWAY<TAB>OUTPUT", with - for no gateway: a line of a table, which read_route takes.
std::string route_text(const Route& route, const RouteOutputs& outputs);
std::string address_text(const uint8_t* address, bool six);

}  // namespace clickup
