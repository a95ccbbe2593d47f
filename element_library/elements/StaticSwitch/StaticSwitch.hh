// StaticSwitch(OUTPUT): sends every packet to one output, for good.
//
// Ports: 1 input, push; any number of outputs, push. OUTPUT is the number of one; negative drops every packet.
#pragma once

#include "driver/element.hh"

namespace clickup {

class StaticSwitch : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.positional("OUTPUT", output_).finish(errors);
    if (output_ >= output_count())
      errors.add("OUTPUT is below " + std::to_string(output_count()) + ", the number of outputs");
  }

  void push(int, Batch& batch) override {
    if (output_ < 0) return batch.release();
    output(int(output_)).push(batch);
  }

 private:
  int64_t output_ = 0;
};

}  // namespace clickup
