#include "driver/registry.hh"

#include <map>

namespace clickup {
namespace {

// Made on first use: registrations run in an order that nobody controls.
std::map<std::string, ElementFactory, std::less<>>& factories() {
  static std::map<std::string, ElementFactory, std::less<>> classes;
  return classes;
}

}  // namespace

ElementRegistration::ElementRegistration(const char* class_name, ElementFactory factory) {
  factories().emplace(class_name, factory);
}

bool has_element_class(std::string_view class_name) { return factories().contains(class_name); }

std::unique_ptr<Element> make_element(std::string_view class_name) {
  auto found = factories().find(class_name);
  return std::unique_ptr<Element>(found == factories().end() ? nullptr : found->second());
}

std::vector<std::string> element_classes() {
  std::vector<std::string> names;
  for (const auto& [name, factory] : factories()) names.push_back(name);
  return names;
}

}  // namespace clickup
