// Classifier(PATTERN, ...): sends each packet to the output of the first byte pattern that it matches.
//
// Ports: 1 input, push; one output a pattern, push. Packets that match none are dropped.
// A pattern is clauses separated by spaces, all of which must hold: OFFSET/VALUE or OFFSET/VALUE%MASK, decimal and
// hexadecimal, where ? stands for any digit and ! before a clause negates it. "-" matches every packet.
// Handlers: program (r), the patterns as they are matched.
#pragma once

#include <vector>

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/byte_pattern/byte_pattern.hh"

namespace clickup {

class Classifier : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    for (const std::string& text : arguments.rest()) {
      BytePattern pattern;
      std::string problem = pattern.parse(text);
      if (!problem.empty()) errors.add("pattern " + std::to_string(patterns_.size()) + ": " + problem);
      patterns_.push_back(std::move(pattern));
    }
    arguments.finish(errors);
    if (int(patterns_.size()) != output_count()) {
      errors.add(std::to_string(patterns_.size()) + " patterns for " + std::to_string(output_count()) +
                 " outputs: one pattern an output is needed");
    }
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("program", [this] {
      std::string text;
      for (size_t i = 0; i < patterns_.size(); ++i)
        text += patterns_[i].text() + "  yes->[" + std::to_string(i) + "]\n";
      return text;
    });
  }

  void push(int, Batch& batch) override {
    split_batch(*this, batch, [this](const Packet& packet) {
      for (size_t i = 0; i < patterns_.size(); ++i) {
        if (patterns_[i].matches(packet)) return int(i);
      }
      return kNoOutput;
    });
  }

 private:
  std::vector<BytePattern> patterns_;
};

}  // namespace clickup
