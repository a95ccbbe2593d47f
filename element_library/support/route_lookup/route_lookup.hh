// The common part of the routing elements.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "driver/element.hh"
#include "support/route_lookup/route_loader.hh"
#include "support/route_table/route_changes.hh"

namespace clickup {

// Routes by the destination annotation: the longest prefix that matches decides the output and, with a gateway, the new
// annotation. Ports: 1 input, push; any number of outputs, push. Packets without a route are dropped, or leave by the
// output after the last named one where outputs have names.
class RouteLookup : public Element {
 public:
  void add_handlers(HandlerTable& handlers) override;
  void push(int, Batch& batch) override;
  // A table written to a handler is read piece by piece, every round.
  bool has_task() const override { return true; }
  bool run_task() override;

 protected:
  // Routes that a subclass accepts beyond the common form.
  enum class Families : uint8_t { four, six, both };
  RouteLookup(Families families, Several several) : families_(families), several_(several) {}

  // Reads the remaining arguments; a subclass may reorder their words for read_route.
  void read_routes(Arguments& arguments, Errors& errors);
  virtual std::string in_order(const std::string& argument) const { return argument; }
  void name_outputs(std::vector<std::string> names) { outputs_.names = std::move(names); }
  void read_file(const std::string& path, Errors& errors);
  std::string load(std::unique_ptr<std::istream> lines, std::string name);
  std::string load_file(const std::string& path);
  const RouteLoader* loading() const { return loader_.get(); }
  const std::string& load_result() const { return load_result_; }
  const RouteTable& table() const { return *table_; }
  const RouteOutputs& outputs() const { return outputs_; }

 private:
  std::string with_names(const std::string& argument) const;
  std::string parse(std::string_view text, Route& route, RouteForm& form) const;
  std::string run(RouteCommand command, std::string_view text);
  std::string read_lines(std::string_view lines, std::vector<RouteChange>& changes) const;
  std::string read_line(std::string_view line, RouteChange& change) const;
  std::string control(std::string_view lines);
  std::string table_text(std::string_view most) const;
  std::string look_up_text(std::string_view address) const;
  int miss_output() const { return outputs_.names.empty() ? -1 : int(outputs_.names.size()); }
  int follow(const NextHops* hops, Packet& packet) const;

  Families families_;
  Several several_;
  RouteOutputs outputs_;
  std::unique_ptr<RouteTable> table_ = std::make_unique<RouteTable>();
  std::unique_ptr<RouteLoader> loader_;
  std::string load_result_ = "nothing was loaded";
};

}  // namespace clickup
