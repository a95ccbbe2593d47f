// Checks how elements are connected, and decides for each port whether packets are pushed or pulled through it.
#pragma once

#include <vector>

#include "driver/diagnostic.hh"
#include "driver/element.hh"
#include "driver/language.hh"

namespace clickup {

// What an element says about its ports, in Click's words.
struct ElementShape {
  std::string label;  // 'name :: Class'
  Landmark landmark;
  const char* port_count;
  const char* processing;
  const char* flow_code;
};

struct ElementPorts {
  std::vector<Processing> inputs, outputs;  // never agnostic: undecided ports push
};

struct Hookup {
  std::vector<ElementPorts> elements;
  std::vector<ConnectionDeclaration> connections;  // without duplicates and without those that were refused
};

Hookup hook_up(const std::vector<ElementShape>& shapes, const std::vector<ConnectionDeclaration>& connections,
               Diagnostics& diagnostics);

}  // namespace clickup
