// Changes of a route table as Click's handlers give them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/route_table/route_text.hh"

namespace clickup {

enum class RouteCommand : uint8_t { add, set, remove };

struct RouteChange {
  RouteCommand command = RouteCommand::add;
  Route route;
  RouteForm form = RouteForm::whole;
};

// Whether a prefix may have several next hops: `add` then joins them instead of refusing an existing prefix.
enum class Several : uint8_t { yes, no };

// Applies one change. Returns why nothing was changed, empty on success.
std::string apply_change(RouteTable& table, const RouteChange& change, Several several);
// Applies all changes, or none, and returns why.
std::string apply_changes(RouteTable& table, const std::vector<RouteChange>& changes, Several several,
                          const RouteOutputs& outputs);

// "add", "set" or "remove"; false for anything else.
bool read_command(std::string_view word, RouteCommand& command);

}  // namespace clickup
