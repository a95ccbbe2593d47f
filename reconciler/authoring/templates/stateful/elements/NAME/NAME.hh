// $NAME(TABLE): parts packets by what a ${NAME}Table knows of their sender.
//
// Ports: 1 input, push; output 0, push, for senders that were seen before; optional output 1, push, for the others.
#pragma once

#include "driver/element.hh"
#include "elements/${NAME}Table/${NAME}Table.hh"
#include "support/batch_split/batch_split.hh"
#include "support/kept_counter/kept_counter.hh"

namespace clickup {

class $NAME : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    Element* table = nullptr;
    arguments.positional_element("TABLE", "${NAME}Table", table).finish(errors);
    table_ = static_cast<${NAME}Table*>(table);
  }

  void initialize(Host& host, Errors& errors) override { known_.open(*this, "known", host, errors); }
  void add_handlers(HandlerTable& handlers) override {
    handlers.read("known", [this] { return known_.text(); });
  }

  void push(int, Batch& batch) override {
    Batch others;
    filter_batch(batch, others, [this](Packet& packet) {
      IpPacket read;
      return read_ip_packet(packet, read) && table_->check(read, now_ns());
    });
    known_.add(batch);
    output(0).push(batch);
    if (!others.empty()) push_or_release(1, others);
  }

 private:
  ${NAME}Table* table_ = nullptr;
  KeptCounter known_;
};

}  // namespace clickup
