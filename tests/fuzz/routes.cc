// Routes as text: lines of any bytes, read and put into a table as handlers do. A route that is read, written and read
// again is the same; a table has the next hop that was set last for each prefix.
#include "fuzz/input.hh"
#include "support/route_table/route_changes.hh"

using namespace clickup;

namespace {

constexpr size_t kMostLines = 64;

bool same(const Route& a, const Route& b) {
  return a.six == b.six && a.address == b.address && a.length == b.length && a.hop == b.hop;
}

// No bit is set beyond the prefix, and none beyond the address family.
bool sound(const Route& route, const RouteOutputs& outputs) {
  if (route.length > (route.six ? 128 : 32) || route.hop.output >= outputs.count) return false;
  for (unsigned bit = route.length; bit < 128; ++bit) {
    if (route.address[bit / 8] >> (7 - bit % 8) & 1) return false;
  }
  return route.six ||
         std::all_of(route.hop.gateway.begin() + 4, route.hop.gateway.end(), [](uint8_t byte) { return byte == 0; });
}

// Whether the line is a whole route.
bool read(std::string_view line, const RouteOutputs& outputs, Route& route) {
  RouteForm form = RouteForm::whole;
  if (std::string problem = read_route(line, outputs, route, form); !problem.empty()) return false;
  PROMISE(sound(route, outputs));
  if (form == RouteForm::prefix_only) return false;
  Route again;
  PROMISE(read_route(route_text(route, outputs), outputs, again, form).empty());
  PROMISE(form == RouteForm::whole && same(route, again));
  return true;
}

std::string set(RouteTable& table, const Route& route) {
  return apply_change(table, {RouteCommand::set, route, RouteForm::whole}, Several::no);
}

// An address of the prefix finds it, or a longer one.
void find(const RouteTable& table, const Route& route) {
  const NextHops* found = nullptr;
  uint32_t address;
  std::memcpy(&address, route.address.data(), sizeof address);
  const uint8_t* six = route.address.data();
  if (route.six) table.look_up6(&six, 1, &found);
  else table.look_up4(&address, 1, &found);
  PROMISE(found != nullptr && !found->all().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const RouteOutputs kOutputs[] = {{3, {}}, {2, {"lan", "wan"}}};
  Input input(data, size);
  const RouteOutputs& outputs = kOutputs[input.number(1) & 1];
  RouteTable table;
  std::vector<Route> routes;
  while (!input.empty() && routes.size() < kMostLines) {
    Route route;
    if (!read(input.text(), outputs, route)) continue;
    PROMISE(set(table, route).empty() && table.find(route) == RouteTable::Found::same_route);
    routes.push_back(route);
  }
  for (const Route& route : routes) find(table, route);
  table.for_each([&](const Route& route) {
    Route again;
    PROMISE(read(route_text(route, outputs), outputs, again) && same(route, again));
    return true;
  });
  for (const Route& route : routes) table.remove_prefix(route);
  PROMISE(table.prefixes() == 0);
  return 0;
}
