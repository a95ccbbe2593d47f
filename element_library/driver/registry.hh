// The element classes linked into this driver.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "driver/element.hh"

namespace clickup {

bool has_element_class(std::string_view class_name);
std::unique_ptr<Element> make_element(std::string_view class_name);  // nullptr when the class is not linked in
std::vector<std::string> element_classes();                          // sorted

}  // namespace clickup
