// OpenSession(SESSIONS): opens sessions for the packets that CheckSession found to be new.
#pragma once

#include "driver/element.hh"
#include "elements/SessionTable/SessionTable.hh"

namespace clickup {

class OpenSession : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    Element* sessions = nullptr;
    arguments.positional_element("SESSIONS", "SessionTable", sessions).finish(errors);
    sessions_ = static_cast<SessionTable*>(sessions);
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("opened", [this](std::string_view) { return std::to_string(opened_); });
    handlers.read("refused", [this](std::string_view) { return std::to_string(refused_); });
  }

  void process(Batch& batch) override {
    SessionKernel& kernel = sessions_->kernel();
    sessions_->read(batch, packets_);
    Batch opened, refused;
    uint64_t now = now_ns();
    for (uint32_t i = 0; i < batch.count; ++i) {
      Opening opening = kernel.open(packets_[i], now);
      opened_ += opening == Opening::opened;
      (opening == Opening::full || opening == Opening::impossible ? refused : opened).add(batch.items[i]);
    }
    batch = opened;
    refused_ += refused.count;
    if (!refused.empty()) push_or_release(1, refused);
  }

 private:
  SessionTable* sessions_ = nullptr;
  SessionPackets packets_;
  uint64_t opened_ = 0;
  uint64_t refused_ = 0;
};

}  // namespace clickup
