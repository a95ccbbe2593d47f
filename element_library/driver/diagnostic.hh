// What is wrong in a configuration, and where.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace clickup {

struct Landmark {
  std::string file;
  uint32_t line = 0;
};

struct Diagnostic {
  Landmark landmark;
  std::string message;

  std::string text() const { return landmark.file + ":" + std::to_string(landmark.line) + ": " + message; }
};

using Diagnostics = std::vector<Diagnostic>;

// 'name :: Class', as every message names an element.
inline std::string describe(const std::string& name, const std::string& class_name) {
  return "'" + name + " :: " + class_name + "'";
}

}  // namespace clickup
