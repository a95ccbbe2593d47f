// PaintSwitch([ANNO]): sends each packet to the output whose number is its paint annotation.
//
// Ports: 1 input, push; 1 or more outputs, push. Packets with a paint that is no output are dropped; those with paint
// 255 are copied to every output. ANNO is another annotation of one byte (PAINT).
#pragma once

#include "driver/element.hh"
#include "support/annotation/annotation.hh"
#include "support/batch_split/batch_split.hh"

namespace clickup {

class PaintSwitch : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    read_annotation(arguments, errors, 1, place_);
    arguments.finish(errors);
  }

  void push(int, Batch& batch) override {
    Batch everywhere;
    filter_batch(batch, everywhere, [this](const Packet& packet) { return *packet.annotation(place_) != 255; });
    split_batch(*this, batch, [this](const Packet& packet) { return int(*packet.annotation(place_)); });
    for (int port = 0; port < output_count(); ++port) copy_to(port, everywhere);
    everywhere.release();
  }

 private:
  void copy_to(int port, Batch& batch) {
    Batch copies;
    for (Packet* packet : batch) {
      if (Packet* copy = packet_pool().copy(*packet)) copies.add(copy);
    }
    output(port).push(copies);
  }

  uint32_t place_ = kPaintAnnotation;
};

}  // namespace clickup
