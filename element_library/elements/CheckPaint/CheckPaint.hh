// CheckPaint(COLOR, [ANNO]): lets packets through whose paint annotation is COLOR.
//
// Ports: 1 input, agnostic; output 0, agnostic; optional output 1, push, for the others (else dropped).
// ANNO is another annotation of one byte
// (PAINT). Handlers: color (rw).
#pragma once

#include "driver/element.hh"
#include "support/annotation/annotation.hh"
#include "support/batch_split/batch_split.hh"
#include "support/live_handlers/live_handlers.hh"

namespace clickup {

class CheckPaint : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.positional("COLOR", color_);
    read_annotation(arguments, errors, 1, place_);
    arguments.finish(errors);
    if (color_ > 255) errors.add("COLOR is 0 to 255, not " + std::to_string(color_));
  }

  void add_handlers(HandlerTable& handlers) override { live_number(handlers, *this, "color", "COLOR", color_, 0, 255); }

  void process(Batch& batch) override {
    Batch others;
    filter_batch(batch, others, [this](const Packet& packet) { return *packet.annotation(place_) == color_; });
    if (!others.empty()) push_or_release(1, others);
  }

 private:
  uint32_t color_ = 0, place_ = kPaintAnnotation;
};

}  // namespace clickup
