#include "support/route_table/route_changes.hh"

namespace clickup {
namespace {

using Found = RouteTable::Found;

std::string remove(RouteTable& table, const RouteChange& change) {
  Found found = table.find(change.route);
  bool whole = change.form == RouteForm::whole;
  if (found == Found::nothing || (whole && found != Found::same_route)) return "there is no such route";
  if (whole) table.remove_hop(change.route);
  else table.remove_prefix(change.route);
  return "";
}

struct Before {
  Route route;
  std::vector<NextHop> hops;
};

void restore(RouteTable& table, Before& before) {
  table.remove_prefix(before.route);
  for (const NextHop& hop : before.hops) {
    before.route.hop = hop;
    table.join(before.route);
  }
}

}  // namespace

std::string apply_change(RouteTable& table, const RouteChange& change, Several several) {
  if (change.command == RouteCommand::remove) return remove(table, change);
  if (change.form == RouteForm::prefix_only) return "the output is missing: expected PREFIX [[via] GATEWAY] OUTPUT";
  if (change.command == RouteCommand::set) {
    table.set(change.route);
    return "";
  }
  Found found = table.find(change.route);
  if (found == Found::same_route || (found == Found::same_prefix && several == Several::no)) {
    return "there is such a route already: `set` replaces it";
  }
  table.join(change.route);
  return "";
}

std::string apply_changes(RouteTable& table, const std::vector<RouteChange>& changes, Several several,
                          const RouteOutputs& outputs) {
  std::vector<Before> undo;
  for (const RouteChange& change : changes) {
    undo.push_back({change.route, table.hops_of(change.route)});
    std::string problem = apply_change(table, change, several);
    if (problem.empty()) continue;
    for (; !undo.empty(); undo.pop_back()) restore(table, undo.back());
    return route_text(change.route, outputs) + ": " + problem;
  }
  return "";
}

bool read_command(std::string_view word, RouteCommand& command) {
  if (word == "add") command = RouteCommand::add;
  else if (word == "set") command = RouteCommand::set;
  else if (word == "remove") command = RouteCommand::remove;
  else return false;
  return true;
}

}  // namespace clickup
