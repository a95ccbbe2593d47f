// The element graph of a worker: built, checked, configured and initialised as a whole.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "driver/diagnostic.hh"
#include "driver/element.hh"
#include "driver/language.hh"

namespace clickup {

struct Hookup;

class Router {
 public:
  // Reads, builds, hooks up and configures the graph in `text`. nullptr when anything is wrong; everything that is
  // wrong is in `diagnostics`. `file` names the text in landmarks.
  static std::unique_ptr<Router> build(std::string text, const std::string& file, Diagnostics& diagnostics);
  ~Router();  // destroys elements in reverse order of initialisation
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Initialises every element, states first. False when an element reports an error.
  bool initialize(Host& host, Diagnostics& diagnostics);

  // By name, or by 1-based element number; nullptr when there is none.
  Element* find(std::string_view name) const;
  const std::vector<std::unique_ptr<Element>>& elements() const { return elements_; }  // in order of declaration
  const std::vector<Element*>& ordered() const { return ordered_; }                    // in configure order
  const GraphDescription& graph() const { return graph_; }
  const HandlerTable& handlers(const Element& element) const;
  const std::string& text() const { return text_; }  // as given
  std::string flat_text() const;                     // as it runs, live changes included

 private:
  Router() = default;
  bool create_elements(Diagnostics& diagnostics);
  void connect(const Hookup& hookup);
  void configure(Diagnostics& diagnostics);
  size_t number(const Element& element) const;

  std::string text_;
  GraphDescription graph_;
  std::vector<std::unique_ptr<Element>> elements_;
  std::vector<HandlerTable> handlers_;  // one per element
  std::vector<Element*> ordered_;
};

}  // namespace clickup
