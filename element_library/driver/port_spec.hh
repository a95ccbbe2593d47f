// Click's three specifications of an element's ports: how many, push or pull, and which reach which.
#pragma once

#include <set>
#include <string_view>
#include <vector>

#include "driver/element.hh"

namespace clickup {

// "1/1", "1/1-2", "1/-", "2-/=", "1/=+".
struct PortCount {
  static constexpr int kUnlimited = 1 << 16;
  int fewest_inputs = 0, most_inputs = 0;
  int fewest_outputs = 0, most_outputs = 0;
  int outputs_beyond_inputs = -1;  // "=" is 0, "=+" is 1; -1: not tied to the inputs
};
PortCount parse_port_count(std::string_view specification);

// "a/ah": one letter a port, the last one repeated; without a slash the same for inputs and outputs.
Processing processing_of(std::string_view specification, bool output, int port);

// "x/x", "#/#", "x/y": whether packets that enter at `input` may leave at `output`.
bool packets_flow(std::string_view flow_code, int input, int output);

}  // namespace clickup
