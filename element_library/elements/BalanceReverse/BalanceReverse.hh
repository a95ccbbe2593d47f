// BalanceReverse(TABLE): gives what backends of a BalanceTable answer the address of the service that was asked.
#pragma once

#include <array>

#include "driver/element.hh"
#include "elements/BalanceTable/BalanceTable.hh"
#include "support/kept_counter/kept_counter.hh"

namespace clickup {

class BalanceReverse : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    Element* table = nullptr;
    arguments.positional_element("TABLE", "BalanceTable", table).finish(errors);
    table_ = static_cast<BalanceTable*>(table);
  }

  void initialize(Host& host, Errors& errors) override {
    answers_.open(*this, "answers", host, errors);
    other_.open(*this, "other", host, errors);
  }
  void add_handlers(HandlerTable& handlers) override {
    handlers.read("answers", [this] { return answers_.text(); });
    handlers.read("other", [this] { return other_.text(); });
  }

  void push(int, Batch& batch) override {
    BalanceKernel& kernel = table_->kernel();
    Batch answers, other;
    for (uint32_t i = 0; i < batch.count; ++i) {
      Packet& packet = *batch.items[i];
      packets_[i] = BalancePacket();
      if (packet.network()) kernel.read_reverse(packet.network(), packet.network_length(), packets_[i]);
    }
    for (uint32_t i = 0; i < batch.count; ++i) kernel.prefetch(packets_[i]);
    for (uint32_t i = 0; i < batch.count; ++i) {
      (kernel.reverse(packets_[i], now_ns()) ? answers : other).add(batch.items[i]);
    }
    batch.count = 0;
    answers_.add(answers);
    other_.add(other);
    if (!answers.empty()) output(0).push(answers);
    push_or_release(1, other);
  }

 private:
  BalanceTable* table_ = nullptr;
  std::array<BalancePacket, kBatchSize> packets_;
  KeptCounter answers_, other_;
};

}  // namespace clickup
