#include "driver/registry.hh"

#include <map>

namespace clickup {
namespace {

struct Registered {
  ElementClass facts;
  ElementFactory make;
};

// Created on first use, since the order of registrations is unspecified.
std::map<std::string, Registered, std::less<>>& classes() {
  static std::map<std::string, Registered, std::less<>> known;
  return known;
}

}  // namespace

ElementRegistration::ElementRegistration(const ElementClass& facts, ElementFactory factory) {
  classes().emplace(facts.name, Registered{facts, factory});
}

bool has_element_class(std::string_view class_name) { return classes().contains(class_name); }

std::unique_ptr<Element> make_element(std::string_view class_name) {
  auto found = classes().find(class_name);
  if (found == classes().end()) return nullptr;
  std::unique_ptr<Element> element(found->second.make());
  element->class_ = &found->second.facts;
  return element;
}

std::vector<std::string> element_classes() {
  std::vector<std::string> names;
  for (const auto& [name, registered] : classes()) names.push_back(name);
  return names;
}

}  // namespace clickup
