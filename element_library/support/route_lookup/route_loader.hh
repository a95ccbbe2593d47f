// Reads a whole new route table a few lines at a time, so that packets are forwarded meanwhile.
#pragma once

#include <istream>
#include <memory>
#include <string>

#include "support/route_table/route_text.hh"

namespace clickup {

class RouteLoader {
 public:
  // `lines`: a route each; `#` begins a comment. `name` is for messages.
  RouteLoader(std::unique_ptr<std::istream> lines, std::string name, RouteOutputs outputs);

  // Reads at most `lines` more. True at the end or after an error.
  bool step(uint32_t lines);
  const std::string& problem() const { return problem_; }  // empty for none
  std::unique_ptr<RouteTable> take() { return std::move(table_); }
  std::string progress() const { return std::to_string(table_ ? table_->prefixes() : 0) + " prefixes so far"; }

 private:
  std::unique_ptr<std::istream> lines_;
  std::string name_, line_;
  RouteOutputs outputs_;
  uint64_t number_ = 0;
  std::string problem_;
  std::unique_ptr<RouteTable> table_ = std::make_unique<RouteTable>();
};

}  // namespace clickup
