// Switch([OUTPUT]): sends every packet to one output, which can be changed while packets flow.
//
// Ports: 1 input, push; any number of outputs, push. OUTPUT is the number of one (0); negative drops every packet.
// Handlers: switch (rw).
#pragma once

#include "driver/element.hh"
#include "support/live_handlers/live_handlers.hh"

namespace clickup {

class Switch : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string text = "0";
    arguments.positional("OUTPUT", text, false).finish(errors);
    if (std::string problem = set(text); !problem.empty()) errors.add(problem);
  }

  void add_handlers(HandlerTable& handlers) override {
    live_handler(
        handlers, *this, "switch", "OUTPUT", [this] { return std::to_string(output_); },
        [this](std::string_view value) { return set(value); });
  }

  void push(int, Batch& batch) override {
    if (output_ < 0) return batch.release();
    output(output_).push(batch);
  }

 private:
  std::string set(std::string_view text) {
    int64_t number = 0;
    if (!parse_integer(text, number) || number >= output_count()) {
      return "OUTPUT is below " + std::to_string(output_count()) + ", the number of outputs, not '" +
             std::string(text) + "'";
    }
    output_ = number < 0 ? -1 : int(number);
    return "";
  }

  int output_ = 0;
};

}  // namespace clickup
