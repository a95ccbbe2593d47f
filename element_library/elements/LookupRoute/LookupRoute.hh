// LookupRoute(ROUTE, ... [FILE, OUTPUTS]): routes IPv4 and IPv6 packets by longest prefix, over several next hops if
// need be.
//
// Ports: 1 input, push; any number of outputs, push. Looks the destination annotation up; a route's gateway becomes the
// new annotation. ROUTE is PREFIX [[via] GATEWAY] OUTPUT. A prefix that is given several times has several next hops: a
// hash of addresses, protocol and ports chooses, so that a flow stays on its way, and a next hop that comes or goes
// moves no flow between the others. Parameters: FILE, more routes, one a line, `#` begins a comment; OUTPUTS, names of
// outputs, which routes may use instead of numbers. With OUTPUTS packets without a route leave by the output after the
// last named one, where there is one; they are dropped otherwise. Handlers: table [MOST] (r), at most 65536 routes;
// lookup ADDRESS (r); add, set, remove (w), one route; ctrl (w), lines of these, all or none; flush (w); load (w), a
// file whose routes replace all; routes (w), the same as text; loading (r), how that went. A table is loaded a little
// every round, while packets are forwarded by the old one. Routes that handlers changed are not part of the
// configuration: after a takeover those of ROUTE and FILE hold.
#pragma once

#include <fstream>
#include <sstream>

#include "support/route_lookup/route_lookup.hh"

namespace clickup {

class LookupRoute : public RouteLookup {
 public:
  LookupRoute() : RouteLookup(Families::both, Several::yes) {}

  void configure(Arguments& arguments, Errors& errors) override {
    std::string file, names;
    arguments.keyword("FILE", file).keyword("OUTPUTS", names);
    std::istringstream words(names);
    std::vector<std::string> outputs;
    for (std::string word; words >> word;) outputs.push_back(word);
    if (outputs.size() > size_t(output_count())) errors.add("OUTPUTS names more outputs than are connected");
    name_outputs(std::move(outputs));
    read_routes(arguments, errors);
    if (!file.empty()) read_file(file, errors);
  }

  void add_handlers(HandlerTable& handlers) override {
    RouteLookup::add_handlers(handlers);
    handlers.write("load", [this](std::string_view path) { return load_file(std::string(path)); });
    handlers.write("routes", [this](std::string_view text) {
      return load(std::make_unique<std::istringstream>(std::string(text)), "routes");
    });
    handlers.read("loading", [this] { return loading() ? loading()->progress() : load_result(); });
  }
};

}  // namespace clickup
