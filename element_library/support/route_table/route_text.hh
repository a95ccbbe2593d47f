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

// How much of a route is there: a removal may leave the next hop out.
enum class RouteForm : uint8_t { whole, prefix_only };

// Reads a route; an empty string, or what is wrong with the text. `-` and the zero address are no gateway. A mask may
// stand for the prefix length, and IPv4 prefixes may leave zero bytes at the end out: 18.26.4/24.
std::string read_route(std::string_view text, const RouteOutputs& outputs, Route& route, RouteForm& form);
// "PREFIX<TAB>GATEWAY<TAB>OUTPUT", with - for no gateway: a line of a table, which read_route takes.
std::string route_text(const Route& route, const RouteOutputs& outputs);
std::string address_text(const uint8_t* address, bool six);

}  // namespace clickup
