// Reader and writer of flattened Click language: declarations and connections, no compound elements.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "driver/diagnostic.hh"

namespace clickup {

struct ElementDeclaration {
  std::string name;
  std::string class_name;
  std::string configuration;  // raw text between the parentheses
  Landmark landmark;
};

struct ConnectionDeclaration {
  size_t source = 0;  // index into GraphDescription::elements
  int source_port = 0;
  size_t target = 0;
  int target_port = 0;
  Landmark landmark;

  bool same_ports(const ConnectionDeclaration& other) const {
    return source == other.source && source_port == other.source_port && target == other.target &&
           target_port == other.target_port;
  }
};

struct GraphDescription {
  std::vector<ElementDeclaration> elements;  // in order of appearance, which fixes element numbers
  std::vector<ConnectionDeclaration> connections;
  std::vector<std::string> requirements;
};

// Reads `text`, going on after a mistake so that all of them are reported. `is_class` tells whether a bare word in a
// connection is an element class (an anonymous element) rather than a name. Grammar: click(5).
GraphDescription read_graph(std::string_view text, const std::string& file,
                            const std::function<bool(std::string_view)>& is_class, Diagnostics& diagnostics);

// One declaration or connection per line; read_graph reads it back as the same graph.
std::string write_graph(const GraphDescription& graph);

}  // namespace clickup
