// Tee([N]): sends a copy of each packet to every output.
//
// Ports: 1 input, push; 1 or more outputs, push. N, where given, is the number of outputs expected.
// Copies are independent of each other. When the packet pool is empty, outputs after the first get fewer packets; the
// packets themselves go to the last output.
#pragma once

#include "driver/element.hh"

namespace clickup {

class Tee : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    uint32_t expected = uint32_t(output_count());
    arguments.positional("N", expected, false).finish(errors);
    if (int(expected) != output_count()) {
      errors.add("N is " + std::to_string(expected) + ", but " + std::to_string(output_count()) +
                 " outputs are connected");
    }
  }

  void push(int, Batch& batch) override {
    int last = output_count() - 1;
    for (int port = 0; port < last; ++port) {
      Batch copies;
      for (Packet* packet : batch) {
        if (Packet* copy = packet_pool().copy(*packet)) copies.add(copy);
      }
      output(port).push(copies);
    }
    output(last).push(batch);
  }
};

}  // namespace clickup
