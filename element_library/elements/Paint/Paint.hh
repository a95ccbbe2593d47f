// Paint(COLOR, [ANNO]): sets the paint annotation of packets.
//
// Ports: 1 input, 1 output, agnostic. COLOR is 0 to 255; ANNO is another annotation
// of one byte (PAINT). Handlers: color (rw).
#pragma once

#include "driver/element.hh"
#include "support/annotation/annotation.hh"

namespace clickup {

class Paint : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    uint32_t color = 0;
    arguments.positional("COLOR", color);
    read_annotation(arguments, errors, 1, place_);
    arguments.finish(errors);
    if (color > 255) errors.add("COLOR is 0 to 255, not " + std::to_string(color));
    color_ = uint8_t(color);
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("color", [this] { return std::to_string(color_); });
    handlers.write("color", [this](std::string_view value) {
      uint64_t color = 0;
      if (!parse_unsigned(value, color) || color > 255) return std::string("color is 0 to 255");
      color_ = uint8_t(color);
      set_keyword("COLOR", value);
      return std::string();
    });
  }

  void process(Batch& batch) override {
    for (Packet* packet : batch) *packet->annotation(place_) = color_;
  }

 private:
  uint8_t color_ = 0;
  uint32_t place_ = kPaintAnnotation;
};

}  // namespace clickup
