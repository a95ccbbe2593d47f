// IPFilter(ACTION EXPRESSION, ...): sends each IP packet where the first rule that matches says.
//
// Ports: 1 input, push; any number of outputs, push. ACTION is allow (output 0), deny or drop, or an output's number.
// Packets that match no rule are dropped. Expressions are those of support/ip_expression, on IPv4 and IPv6; the network
// header must be known (CheckIPHeader, CheckIP6Header).
// Handlers: program (r), the decision program.
#pragma once

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ip_expression/expression_names.hh"
#include "support/ip_expression/ip_expression.hh"

namespace clickup {

class IPFilter : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    size_t number = 0;
    for (const std::string& rule : arguments.rest()) {
      std::string problem = add_rule(rule);
      if (!problem.empty()) errors.add("rule " + std::to_string(number) + " ('" + rule + "'), " + problem);
      ++number;
    }
    program_.compile();
    arguments.finish(errors);
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("program", [this] { return program_.text(); });
  }

  void push(int, Batch& batch) override {
    BatchSplit split;
    program_.classify(batch, split);
    split.push(*this, batch);
  }

 private:
  std::string add_rule(const std::string& rule) {
    size_t end = std::min(rule.find_first_of(" \t\r\n"), rule.size());
    std::string action = rule.substr(0, end);
    uint64_t output = 0;
    if (action == "deny" || action == "drop") {
      output = uint64_t(IpProgram::kDrop);
    } else if (action != "allow" && !parse_unsigned(action, output)) {
      return "action '" + action + "': expected allow, deny, drop or the number of an output";
    } else if (output >= uint64_t(output_count())) {
      return "action '" + action + "': output " + std::to_string(output) + " is not connected";
    }
    if (rule.find_first_not_of(" \t\r\n", end) == std::string::npos) {
      return "expected an expression after '" + action + "', such as 'all' or 'tcp dst port 80'";
    }
    // The action stays as blanks, so that positions count from the start of the rule.
    return program_.add(std::string(end, ' ') + rule.substr(end), int(output), address_names(*this));
  }

  IpProgram program_;
};

}  // namespace clickup
