#include "driver/language.hh"

namespace clickup {

std::string write_graph(const GraphDescription& graph) {
  std::string text;
  for (const std::string& requirement : graph.requirements) text += "require(" + requirement + ");\n";
  for (const ElementDeclaration& element : graph.elements) {
    text += element.name + " :: " + element.class_name;
    if (!element.configuration.empty()) text += "(" + element.configuration + ")";
    text += ";\n";
  }
  if (!graph.connections.empty()) text += "\n";
  for (const ConnectionDeclaration& connection : graph.connections) {
    text += graph.elements[connection.source].name;
    if (connection.source_port > 0) text += " [" + std::to_string(connection.source_port) + "]";
    text += " -> ";
    if (connection.target_port > 0) text += "[" + std::to_string(connection.target_port) + "] ";
    text += graph.elements[connection.target].name + ";\n";
  }
  return text;
}

}  // namespace clickup
