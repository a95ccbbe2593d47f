// The reader of Click's language and the configuration of elements: accepted text keeps its meaning when it is written
// and read again.
#include "driver/language.hh"

#include "driver/router.hh"
#include "fuzz/input.hh"

using namespace clickup;

namespace {

bool is_class(std::string_view name) { return !name.empty() && name[0] >= 'A' && name[0] <= 'Z'; }

void read_and_write(std::string_view text) {
  Diagnostics diagnostics;
  GraphDescription graph = read_graph(text, "fuzz", is_class, diagnostics);
  for (const ConnectionDeclaration& one : graph.connections)
    PROMISE(one.source < graph.elements.size() && one.target < graph.elements.size());
  if (!diagnostics.empty()) return;
  std::string written = write_graph(graph);
  GraphDescription again = read_graph(written, "again", is_class, diagnostics);
  PROMISE(diagnostics.empty() && again.elements.size() == graph.elements.size());
  PROMISE(again.connections.size() == graph.connections.size() && again.requirements == graph.requirements);
  for (size_t i = 0; i < graph.elements.size(); ++i) {
    const ElementDeclaration &one = graph.elements[i], &other = again.elements[i];
    PROMISE(one.name == other.name && one.class_name == other.class_name && one.configuration == other.configuration);
  }
  for (size_t i = 0; i < graph.connections.size(); ++i) PROMISE(graph.connections[i].same_ports(again.connections[i]));
}

void build(std::string_view text) {
  Diagnostics diagnostics;
  std::unique_ptr<Router> router = Router::build(std::string(text), "fuzz", diagnostics);
  PROMISE(bool(router) == diagnostics.empty());
  if (!router) return;
  std::string flat = router->flat_text();
  std::unique_ptr<Router> again = Router::build(flat, "again", diagnostics);
  PROMISE(again && again->flat_text() == flat);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  read_and_write(text);
  build(text);
  return 0;
}
