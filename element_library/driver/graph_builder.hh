// Collects what a reader finds and turns names into element numbers.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "driver/language.hh"

namespace clickup {

// One side of an arrow.
struct Endpoint {
  std::string name;
  Landmark landmark;
  int input = -1, output = -1;  // port numbers; -1: not written
};

class GraphBuilder {
 public:
  explicit GraphBuilder(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  bool declared(std::string_view name) const { return by_name_.contains(name); }
  void declare(std::string_view name, std::string_view class_name, std::string configuration, const Landmark& landmark);
  // Class@N, N being the element's number. Returns the name.
  std::string declare_anonymous(std::string_view class_name, std::string configuration, const Landmark& landmark);
  void connect(Endpoint source, Endpoint target) { connections_.push_back({std::move(source), std::move(target)}); }
  // An element that is named alone; it has to be declared.
  void mention(const Endpoint& endpoint) {
    if (!declared(endpoint.name)) mentions_.push_back(endpoint);
  }
  void require(std::string requirement) { graph_.requirements.push_back(std::move(requirement)); }
  // Names are looked up here, since an element may be declared after it is used.
  GraphDescription finish();

 private:
  struct NamedConnection {
    Endpoint source, target;
  };
  bool resolve(const Endpoint& endpoint, size_t& index);

  Diagnostics& diagnostics_;
  GraphDescription graph_;
  std::map<std::string, size_t, std::less<>> by_name_;
  std::vector<NamedConnection> connections_;
  std::vector<Endpoint> mentions_;
  std::set<std::string> undeclared_;  // each is reported once
};

}  // namespace clickup
