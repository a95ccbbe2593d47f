#include "driver/graph_builder.hh"

#include <algorithm>

namespace clickup {

void GraphBuilder::declare(std::string_view name, std::string_view class_name, std::string configuration,
                           const Landmark& landmark) {
  std::string text(name);
  if (text.find_first_not_of("0123456789") == std::string::npos) {
    diagnostics_.push_back({landmark, "element name '" + text +
                                          "' is a number: handlers could not tell it from an "
                                          "element number; add a letter"});
  }
  auto [known, added] = by_name_.emplace(text, graph_.elements.size());
  if (!added) {
    const Landmark& before = graph_.elements[known->second].landmark;
    diagnostics_.push_back({landmark, "redeclaration of element '" + text + "', first declared at " + before.file +
                                          ":" + std::to_string(before.line) + ": give one of them another name"});
    return;
  }
  graph_.elements.push_back({text, std::string(class_name), std::move(configuration), landmark});
}

std::string GraphBuilder::declare_anonymous(std::string_view class_name, std::string configuration,
                                            const Landmark& landmark) {
  std::string name;
  for (size_t number = graph_.elements.size() + 1; name.empty() || declared(name); ++number) {
    name = std::string(class_name) + "@" + std::to_string(number);
  }
  by_name_.emplace(name, graph_.elements.size());
  graph_.elements.push_back({name, std::string(class_name), std::move(configuration), landmark});
  return name;
}

bool GraphBuilder::resolve(const Endpoint& endpoint, size_t& index) {
  auto found = by_name_.find(endpoint.name);
  if (found != by_name_.end()) {
    index = found->second;
    return true;
  }
  if (undeclared_.insert(endpoint.name).second) {
    diagnostics_.push_back({endpoint.landmark, "undeclared element '" + endpoint.name + "': declare it with '" +
                                                   endpoint.name + " :: Class(arguments);'"});
  }
  return false;
}

GraphDescription GraphBuilder::finish() {
  for (const NamedConnection& named : connections_) {
    ConnectionDeclaration connection;
    connection.landmark = named.target.landmark;
    bool source = resolve(named.source, connection.source), target = resolve(named.target, connection.target);
    if (!source || !target) continue;
    connection.source_port = std::max(named.source.output, 0);
    connection.target_port = std::max(named.target.input, 0);
    graph_.connections.push_back(connection);
  }
  for (const Endpoint& mentioned : mentions_) {
    size_t index = 0;
    resolve(mentioned, index);
  }
  return std::move(graph_);
}

}  // namespace clickup
