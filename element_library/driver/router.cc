#include "driver/router.hh"

#include <algorithm>
#include <numeric>

#include "driver/handlers.hh"
#include "driver/hookup.hh"
#include "driver/registry.hh"

namespace clickup {
namespace {

void collect(const char* phase, const ElementDeclaration& declaration, const Errors& errors, Diagnostics& diagnostics) {
  for (const std::string& message : errors.messages()) {
    diagnostics.push_back(
        {declaration.landmark,
         std::string("While ") + phase + " " + describe(declaration.name, declaration.class_name) + ": " + message});
  }
}

std::string join(const std::vector<std::string>& parts, const char* separator) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : separator) + part;
  return text;
}

// Number of letters to insert, remove or replace to come from one word to the other.
size_t edit_distance(std::string_view one, std::string_view other) {
  std::vector<size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), size_t(0));
  for (size_t i = 1; i <= one.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 1; j <= other.size(); ++j) {
      size_t replaced = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string advice(std::string_view class_name) {
  for (const std::string& known : element_classes()) {
    if (edit_distance(class_name, known) <= 2) return "did you mean " + known + "?";
  }
  return "this driver is built without it; build one for this configuration, or correct the name";
}

}  // namespace

std::unique_ptr<Router> Router::build(std::string text, const std::string& file, Diagnostics& diagnostics) {
  std::unique_ptr<Router> router(new Router);
  router->text_ = std::move(text);
  router->graph_ = read_graph(router->text_, file, has_element_class, diagnostics);
  bool known = router->create_elements(diagnostics);
  // Checks of an incomplete graph would report its gaps again.
  if (known && diagnostics.empty()) {
    std::vector<ElementShape> shapes;
    for (size_t i = 0; i < router->elements_.size(); ++i) {
      const Element& element = *router->elements_[i];
      const ElementDeclaration& declaration = router->graph_.elements[i];
      shapes.push_back({describe(declaration.name, declaration.class_name), declaration.landmark,
                        element.element_class().port_count, element.element_class().processing,
                        element.element_class().flow_code});
    }
    router->connect(hook_up(shapes, router->graph_.connections, diagnostics));
    router->configure(diagnostics);
  }
  std::stable_sort(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& one, const Diagnostic& other) {
    return one.landmark.line < other.landmark.line;
  });
  return diagnostics.empty() ? std::move(router) : nullptr;
}

Router::~Router() {
  handlers_.clear();  // they refer to their elements
  for (auto element = ordered_.rbegin(); element != ordered_.rend(); ++element) {
    auto owner = std::find_if(elements_.begin(), elements_.end(),
                              [&](const std::unique_ptr<Element>& owned) { return owned.get() == *element; });
    owner->reset();
  }
}

bool Router::create_elements(Diagnostics& diagnostics) {
  bool complete = true;
  for (const ElementDeclaration& declaration : graph_.elements) {
    std::unique_ptr<Element> element = make_element(declaration.class_name);
    if (!element) {
      complete = false;
      diagnostics.push_back({declaration.landmark, "unknown element class '" + declaration.class_name + "' of '" +
                                                       declaration.name + "': " + advice(declaration.class_name)});
      continue;
    }
    element->router_ = this;
    element->name_ = declaration.name;
    element->configuration_ = split_arguments(declaration.configuration);
    elements_.push_back(std::move(element));
  }
  for (const auto& element : elements_) ordered_.push_back(element.get());
  std::stable_sort(ordered_.begin(), ordered_.end(), [](const Element* one, const Element* other) {
    return one->configure_phase() < other->configure_phase();
  });
  return complete;
}

void Router::connect(const Hookup& hookup) {
  for (size_t i = 0; i < elements_.size(); ++i) {
    Element& element = *elements_[i];
    element.input_modes_ = hookup.elements[i].inputs;
    element.output_modes_ = hookup.elements[i].outputs;
    element.inputs_.resize(element.input_modes_.size());
    element.outputs_.resize(element.output_modes_.size());
  }
  for (const ConnectionDeclaration& connection : hookup.connections) {
    Element& source = *elements_[connection.source];
    Element& target = *elements_[connection.target];
    if (source.output_is_push(connection.source_port)) {
      source.outputs_[size_t(connection.source_port)] = {&target, connection.target_port};
    } else {
      target.inputs_[size_t(connection.target_port)] = {&source, connection.source_port};
    }
  }
}

void Router::configure(Diagnostics& diagnostics) {
  for (Element* element : ordered_) {
    Errors errors;
    Arguments arguments(element->configuration_, *this, errors, element->element_class().left_out);
    element->configure(arguments, errors);
    element->positions_ = arguments.positions();
    collect("configuring", graph_.elements[number(*element)], errors, diagnostics);
  }
}

bool Router::initialize(Host& host, Diagnostics& diagnostics) {
  size_t before = diagnostics.size();
  for (Element* element : ordered_) {
    Errors errors;
    element->initialize(host, errors);
    collect("initializing", graph_.elements[number(*element)], errors, diagnostics);
  }
  if (diagnostics.size() != before) return false;
  for (const auto& element : elements_) {
    HandlerTable& table = handlers_.emplace_back();
    element->add_handlers(table);
    add_element_handlers(*element, table);
  }
  return true;
}

size_t Router::number(const Element& element) const {
  auto found = std::find_if(elements_.begin(), elements_.end(),
                            [&](const std::unique_ptr<Element>& owned) { return owned.get() == &element; });
  return size_t(found - elements_.begin());
}

Element* Router::find(std::string_view name) const {
  for (const auto& element : elements_) {
    if (element->name() == name) return element.get();
  }
  uint64_t number = 0;
  if (name.starts_with("0x") || !parse_unsigned(name, number)) return nullptr;
  return number >= 1 && number <= elements_.size() ? elements_[number - 1].get() : nullptr;
}

const HandlerTable& Router::handlers(const Element& element) const { return handlers_[number(element)]; }

std::string Router::flat_text() const {
  GraphDescription current = graph_;
  for (size_t i = 0; i < elements_.size(); ++i) {
    current.elements[i].configuration = join(elements_[i]->configuration(), ", ");
  }
  return write_graph(current);
}

}  // namespace clickup
