// PaintTee(COLOR, [ANNO]): sends a copy of packets with a given paint to output 1; everything goes on through output 0.
//
// Ports: 1 input, agnostic; output 0, agnostic; output 1, push. ANNO is another annotation of one byte
// (PAINT). Handlers: color (rw).
#pragma once

#include "driver/element.hh"
#include "support/annotation/annotation.hh"
#include "support/live_handlers/live_handlers.hh"

namespace clickup {

class PaintTee : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.positional("COLOR", color_);
    read_annotation(arguments, errors, 1, place_);
    arguments.finish(errors);
    if (color_ > 255) errors.add("COLOR is 0 to 255, not " + std::to_string(color_));
  }

  void add_handlers(HandlerTable& handlers) override { live_number(handlers, *this, "color", "COLOR", color_, 0, 255); }

  void process(Batch& batch) override {
    Batch copies;
    for (Packet* packet : batch) {
      if (*packet->annotation(place_) != color_) continue;
      if (Packet* copy = packet_pool().copy(*packet)) copies.add(copy);
    }
    output(1).push(copies);
  }

 private:
  uint32_t color_ = 0, place_ = kPaintAnnotation;
};

}  // namespace clickup
