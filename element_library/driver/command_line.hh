// The driver's command line.
#pragma once

#include <string>
#include <vector>

namespace clickup {

extern const char* const kUsageText;

struct Options {
  std::string file, text, socket, output;
  bool has_text = false;  // -e was given
  bool quit = false;
  int worker_channel = -1, carrier_channel = -1;
  std::vector<std::string> handlers;
  std::string wrong;  // error in the command line, empty for none
};

Options read_options(const std::vector<std::string>& words);

}  // namespace clickup
