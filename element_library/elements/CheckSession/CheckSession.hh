// CheckSession(SESSIONS): sorts packets by what they are to the sessions of a SessionTable.
#pragma once

#include <array>

#include "driver/element.hh"
#include "elements/SessionTable/SessionTable.hh"

namespace clickup {

class CheckSession : public Element {
 public:
  const char* class_name() const override { return "CheckSession"; }
  const char* port_count() const override { return "1/1-4"; }
  const char* processing() const override { return "h/h"; }

  void configure(Arguments& arguments, Errors& errors) override {
    Element* sessions = nullptr;
    arguments.positional_element("SESSIONS", "SessionTable", sessions).finish(errors);
    sessions_ = static_cast<SessionTable*>(sessions);
  }

  void add_handlers(HandlerTable& handlers) override {
    static constexpr const char* kNames[] = {"established", "new", "related", "invalid"};
    for (size_t i = 0; i < counts_.size(); ++i) {
      handlers.read(kNames[i], [this, i](std::string_view) { return std::to_string(counts_[i]); });
    }
  }

  void push(int, Batch& batch) override {
    SessionKernel& kernel = sessions_->kernel();
    std::array<Batch, 4> verdicts;
    sessions_->read(batch, packets_);
    uint64_t now = now_ns();
    for (uint32_t i = 0; i < batch.count; ++i) verdicts[size_t(kernel.check(packets_[i], now))].add(batch.items[i]);
    batch.count = 0;
    for (size_t i = 0; i < verdicts.size(); ++i) {
      counts_[i] += verdicts[i].count;
      if (!verdicts[i].empty()) push_or_release(int(i), verdicts[i]);
    }
  }

 private:
  SessionTable* sessions_ = nullptr;
  SessionPackets packets_;
  std::array<uint64_t, 4> counts_ {};
};

}  // namespace clickup
