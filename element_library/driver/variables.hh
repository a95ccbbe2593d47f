// Variables of a configuration: define($NAME value, ...), and what stands for $NAME in the elements' arguments.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "driver/language.hh"

namespace clickup {

class Variables {
 public:
  // Takes what stands between the parentheses of a define.
  void define(std::string_view declarations, const Landmark& landmark, Diagnostics& diagnostics);
  // Replaces $NAME, ${NAME}, ${NAME[N]} (word N of the value) and ${NAME-default} in all configurations, also where
  // the definition comes later. Names that are not defined stay. Values and names together may grow to 16 MiB.
  void replace_in(GraphDescription& graph, Diagnostics& diagnostics) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace clickup
