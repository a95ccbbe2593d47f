#include "driver/hookup.hh"

#include <algorithm>
#include <map>
#include <set>

#include "driver/port_spec.hh"

namespace clickup {
namespace {

enum Direction { input_side, output_side };

struct PortName {
  size_t element;
  int direction;
  int port;
  auto operator<=>(const PortName&) const = default;
};

const char* word(Processing mode) {
  return mode == Processing::push ? "push" : mode == Processing::pull ? "pull" : "agnostic";
}

class Checker {
 public:
  Checker(const std::vector<ElementShape>& shapes, Diagnostics& diagnostics)
      : shapes_(shapes), diagnostics_(diagnostics) {}

  Hookup check(const std::vector<ConnectionDeclaration>& connections) {
    hookup_.elements.resize(shapes_.size());
    count_ports(connections);
    for (const ConnectionDeclaration& connection : connections) accept(connection);
    report_unused();
    propagate();
    report_conflicts();
    for (ElementPorts& ports : hookup_.elements) {
      std::replace(ports.inputs.begin(), ports.inputs.end(), Processing::agnostic, Processing::push);
      std::replace(ports.outputs.begin(), ports.outputs.end(), Processing::agnostic, Processing::push);
    }
    report_reuse();
    return std::move(hookup_);
  }

 private:
  std::vector<Processing>& modes(size_t element, int direction) {
    ElementPorts& ports = hookup_.elements[element];
    return direction == input_side ? ports.inputs : ports.outputs;
  }
  Processing& mode(const PortName& name) { return modes(name.element, name.direction)[size_t(name.port)]; }
  std::string port_text(const PortName& name) {
    return std::string(word(mode(name))) + (name.direction == input_side ? " input " : " output ") +
           std::to_string(name.port);
  }
  std::string full_text(const PortName& name) { return shapes_[name.element].label + " " + port_text(name); }

  void count_ports(const std::vector<ConnectionDeclaration>& connections);
  void size_element(size_t element, int inputs, int outputs);
  void accept(const ConnectionDeclaration& connection);
  bool exists(size_t element, int direction, int port, const Landmark& landmark);
  void report_unused();
  void propagate();
  bool carry(const PortName& from, const PortName& to);
  void report_conflicts();
  void report_conflict(const Landmark& landmark, const PortName& from, const PortName& to);
  void report_reuse();
  PortName origin(const PortName& name) const {
    auto found = origin_.find(name);
    return found == origin_.end() ? name : found->second;
  }

  const std::vector<ElementShape>& shapes_;
  Diagnostics& diagnostics_;
  Hookup hookup_;
  std::set<PortName> used_;              // also by connections that were refused
  std::map<PortName, PortName> origin_;  // the port that decided an agnostic port's mode
};

void Checker::count_ports(const std::vector<ConnectionDeclaration>& connections) {
  std::vector<std::pair<int, int>> used(shapes_.size());
  for (const ConnectionDeclaration& connection : connections) {
    int& outputs = used[connection.source].second;
    int& inputs = used[connection.target].first;
    outputs = std::max(outputs, connection.source_port + 1);
    inputs = std::max(inputs, connection.target_port + 1);
  }
  for (size_t i = 0; i < shapes_.size(); ++i) size_element(i, used[i].first, used[i].second);
}

void Checker::size_element(size_t element, int inputs, int outputs) {
  const ElementShape& shape = shapes_[element];
  PortCount count = parse_port_count(shape.port_count);
  int beyond = count.outputs_beyond_inputs;
  if (beyond >= 0) inputs = std::max(inputs, outputs - beyond);
  inputs = std::clamp(inputs, count.fewest_inputs, count.most_inputs);
  outputs = beyond >= 0 ? inputs + beyond : std::clamp(outputs, count.fewest_outputs, count.most_outputs);
  for (int i = 0; i < inputs; ++i) modes(element, input_side).push_back(processing_of(shape.processing, false, i));
  for (int i = 0; i < outputs; ++i) modes(element, output_side).push_back(processing_of(shape.processing, true, i));
}

bool Checker::exists(size_t element, int direction, int port, const Landmark& landmark) {
  size_t count = modes(element, direction).size();
  if (size_t(port) < count) return true;
  const char* noun = direction == input_side ? "input" : "output";
  std::string most = count == 0 ? "no " : "at most " + std::to_string(count) + " ";
  diagnostics_.push_back({landmark, shapes_[element].label + " has no " + noun + " " + std::to_string(port) +
                                        ": this class has " + most + noun + (count == 1 ? "" : "s")});
  return false;
}

void Checker::accept(const ConnectionDeclaration& connection) {
  bool source = exists(connection.source, output_side, connection.source_port, connection.landmark);
  bool target = exists(connection.target, input_side, connection.target_port, connection.landmark);
  used_.insert({connection.source, output_side, connection.source_port});
  used_.insert({connection.target, input_side, connection.target_port});
  bool again = std::any_of(hookup_.connections.begin(), hookup_.connections.end(),
                           [&](const ConnectionDeclaration& known) { return known.same_ports(connection); });
  if (source && target && !again) hookup_.connections.push_back(connection);
}

void Checker::report_unused() {
  for (size_t i = 0; i < shapes_.size(); ++i) {
    for (int direction : {input_side, output_side}) {
      for (int port = 0; port < int(modes(i, direction).size()); ++port) {
        if (used_.contains({i, direction, port})) continue;
        bool input = direction == input_side;
        diagnostics_.push_back({shapes_[i].landmark, shapes_[i].label + (input ? " input " : " output ") +
                                                         std::to_string(port) + " unused: connect it, " +
                                                         (input ? "from an Idle" : "to a Discard") +
                                                         " if nothing else"});
      }
    }
  }
}

bool Checker::carry(const PortName& from, const PortName& to) {
  if (mode(from) == Processing::agnostic || mode(to) != Processing::agnostic) return false;
  mode(to) = mode(from);
  origin_.emplace(to, origin(from));
  return true;
}

// Calls visit(a, b) for every pair of ports that must be of one mode: the ends of a connection, and the agnostic ports
// of an element that packets flow between.
template <typename Visit>
void for_each_pair(const std::vector<ElementShape>& shapes, const Hookup& hookup, Visit visit) {
  for (const ConnectionDeclaration& connection : hookup.connections) {
    visit(connection.landmark, PortName{connection.source, output_side, connection.source_port},
          PortName{connection.target, input_side, connection.target_port});
  }
  for (size_t i = 0; i < shapes.size(); ++i) {
    const ElementShape& shape = shapes[i];
    for (int in = 0; in < int(hookup.elements[i].inputs.size()); ++in) {
      if (processing_of(shape.processing, false, in) != Processing::agnostic) continue;
      for (int out = 0; out < int(hookup.elements[i].outputs.size()); ++out) {
        if (processing_of(shape.processing, true, out) != Processing::agnostic) continue;
        if (!packets_flow(shape.flow_code, in, out)) continue;
        visit(shape.landmark, PortName{i, input_side, in}, PortName{i, output_side, out});
      }
    }
  }
}

void Checker::propagate() {
  for (bool changed = true; changed;) {
    changed = false;
    for_each_pair(shapes_, hookup_, [&](const Landmark&, const PortName& one, const PortName& other) {
      changed |= carry(one, other);
      changed |= carry(other, one);
    });
  }
}

void Checker::report_conflicts() {
  for_each_pair(shapes_, hookup_, [&](const Landmark& landmark, const PortName& one, const PortName& other) {
    if (mode(one) != mode(other)) report_conflict(landmark, one, other);
  });
}

void Checker::report_conflict(const Landmark& landmark, const PortName& from, const PortName& to) {
  PortName first = origin(from), last = origin(to);
  std::string between = mode(from) == Processing::push ? "a Queue" : "an Unqueue";
  std::string text = full_text(first) + " is connected to " + full_text(last);
  if (first.element != from.element || last.element != to.element) {
    size_t agnostic = first.element != from.element ? from.element : to.element;
    text += " through agnostic " + shapes_[agnostic].label;
  }
  if (from.element == to.element) {
    text = "agnostic " + shapes_[from.element].label + " in mixed context: " + port_text(from) + ", decided by " +
           full_text(first) + ", and " + port_text(to) + ", decided by " + full_text(last);
  }
  diagnostics_.push_back({landmark, text + ": put " + between + " between them"});
}

void Checker::report_reuse() {
  std::map<PortName, size_t> users;
  auto use = [&](const Landmark& landmark, const PortName& port, Processing single) {
    if (mode(port) != single || ++users[port] < 2) return;
    std::string remedy =
        single == Processing::push ? "use a Tee to send packets to both" : "use a RoundRobinSched to pull from both";
    diagnostics_.push_back({landmark, "illegal reuse of " + full_text(port) + ": " + remedy});
  };
  for (const ConnectionDeclaration& connection : hookup_.connections) {
    use(connection.landmark, {connection.source, output_side, connection.source_port}, Processing::push);
    use(connection.landmark, {connection.target, input_side, connection.target_port}, Processing::pull);
  }
}

}  // namespace

Hookup hook_up(const std::vector<ElementShape>& shapes, const std::vector<ConnectionDeclaration>& connections,
               Diagnostics& diagnostics) {
  return Checker(shapes, diagnostics).check(connections);
}

}  // namespace clickup
