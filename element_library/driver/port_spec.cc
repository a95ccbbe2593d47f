#include "driver/port_spec.hh"

#include <algorithm>
#include <charconv>

namespace clickup {
namespace {

// The part before or after the slash; the whole when there is none.
std::string_view side(std::string_view specification, bool output) {
  size_t slash = specification.find('/');
  if (slash == std::string_view::npos) return specification;
  return output ? specification.substr(slash + 1) : specification.substr(0, slash);
}

int number_or(std::string_view text, int otherwise) {
  int number = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void parse_range(std::string_view text, int& fewest, int& most) {
  size_t dash = text.find('-');
  fewest = number_or(text.substr(0, dash), 0);
  most = dash == std::string_view::npos ? fewest : number_or(text.substr(dash + 1), PortCount::kUnlimited);
}

// The flow letters of one port: "#" stands for the port's own number, "[ab]" for either, "[^a]" for all others.
struct FlowSet {
  std::set<int> members;
  bool all_but = false;
};

int flow_member(char letter, int port) { return letter == '#' ? 256 + port : static_cast<unsigned char>(letter); }

FlowSet flow_set(std::string_view code, int port) {
  FlowSet set;
  for (int current = 0; !code.empty(); ++current) {
    set = {};
    size_t length = 1;
    if (code[0] == '[') {
      length = std::min(code.find(']'), code.size() - 1) + 1;
      std::string_view inside = code.substr(1, length - 2);
      set.all_but = inside.starts_with('^');
      for (char letter : inside.substr(set.all_but ? 1 : 0)) set.members.insert(flow_member(letter, port));
    } else {
      set.members.insert(flow_member(code[0], port));
    }
    if (current == port) break;
    code.remove_prefix(length);
  }
  return set;
}

bool meet(const FlowSet& one, const FlowSet& other) {
  if (one.all_but && other.all_but) return true;
  if (one.all_but) return meet(other, one);
  return std::any_of(one.members.begin(), one.members.end(),
                     [&](int member) { return other.members.contains(member) != other.all_but; });
}

}  // namespace

PortCount parse_port_count(std::string_view specification) {
  PortCount count;
  parse_range(side(specification, false), count.fewest_inputs, count.most_inputs);
  std::string_view outputs = side(specification, true);
  if (outputs.starts_with('=')) {
    count.outputs_beyond_inputs = int(outputs.size()) - 1;
    count.fewest_outputs = count.fewest_inputs + count.outputs_beyond_inputs;
    count.most_outputs = std::min(count.most_inputs + count.outputs_beyond_inputs, PortCount::kUnlimited);
  } else {
    parse_range(outputs, count.fewest_outputs, count.most_outputs);
  }
  return count;
}

Processing processing_of(std::string_view specification, bool output, int port) {
  std::string_view letters = side(specification, output);
  if (letters.empty()) return Processing::agnostic;
  char letter = letters[std::min(size_t(port), letters.size() - 1)];
  return letter == 'h' ? Processing::push : letter == 'l' ? Processing::pull : Processing::agnostic;
}

bool packets_flow(std::string_view flow_code, int input, int output) {
  return meet(flow_set(side(flow_code, false), input), flow_set(side(flow_code, true), output));
}

}  // namespace clickup
