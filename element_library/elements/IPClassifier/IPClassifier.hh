// IPClassifier(EXPRESSION, ...): sends each IP packet to the output of the first expression that it matches.
//
// Ports: 1 input, push; one output an expression, push. Packets that match none are dropped.
// Expressions are those of support/ip_expression, on IPv4 and IPv6; the network header must be known (CheckIPHeader,
// CheckIP6Header). "-", "any" and "all" match every packet.
// Handlers: program (r), the decision program; pattern0, pattern1, ... (r), the expressions.
#pragma once

#include <vector>

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ip_expression/expression_names.hh"
#include "support/ip_expression/ip_expression.hh"

namespace clickup {

class IPClassifier : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    patterns_ = arguments.rest();
    for (size_t i = 0; i < patterns_.size(); ++i) {
      std::string problem = program_.add(patterns_[i], int(i), address_names(*this));
      if (!problem.empty()) errors.add("pattern " + std::to_string(i) + ", " + problem);
    }
    program_.compile();
    arguments.finish(errors);
    if (int(patterns_.size()) != output_count()) {
      errors.add(std::to_string(patterns_.size()) + " patterns for " + std::to_string(output_count()) +
                 " outputs: one pattern an output is needed");
    }
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("program", [this] { return program_.text(); });
    for (size_t i = 0; i < patterns_.size(); ++i) {
      handlers.read("pattern" + std::to_string(i), [this, i] { return patterns_[i]; });
    }
  }

  void push(int, Batch& batch) override {
    BatchSplit split;
    program_.classify(batch, split);
    split.push(*this, batch);
  }

 private:
  std::vector<std::string> patterns_;
  IpProgram program_;
};

}  // namespace clickup
