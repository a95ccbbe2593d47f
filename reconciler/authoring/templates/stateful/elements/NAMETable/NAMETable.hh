// ${NAME}Table([CAPACITY, TIMEOUT]): what $NAME remembers. A state: no ports.
#pragma once

#include "driver/element.hh"
#include "elements/${NAME}Table/${snake}_kernel.hh"
#include "support/live_handlers/live_duration.hh"
#include "driver/state_element.hh"
#include "support/table_text/table_text.hh"

namespace clickup {

class ${NAME}Table : public StateElement {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.keyword("CAPACITY", capacity_);
    read_duration(arguments, errors, "TIMEOUT", timeout_, kLeastTimeout, kMostTimeout);
    arguments.finish(errors);
    check_capacity("CAPACITY", capacity_, kMinCapacity, kMaxCapacity, "records", errors);
  }

  // The table is the one that an earlier worker's element of this name left, or a fresh one.
  void initialize(Host& host, Errors& errors) override {
    open_table(*this, capacity_, records_, host, errors);
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("count", [this] { return std::to_string(records_.count()); });
    handlers.read("table", [this](std::string_view most) {
      return table_text(records_, most, [this](uint32_t index) { return ${NAME}Kernel::line(records_.at(index)); });
    });
    live_duration(handlers, *this, "timeout", "TIMEOUT", timeout_, kLeastTimeout, kMostTimeout);
  }

  // This worker writes the table from here to there.
  void resume() override { resume_table(*this, records_, "records"); }
  void pause() override { records_.pause(); }

  // A little of the table at a time.
  uint64_t timer_at() const override { return next_expiry_; }
  void on_timer(uint64_t now) override {
    records_.expire(now, 256);
    records_.reserve();
    next_expiry_ = now + 10'000'000;
  }

  bool check(const IpPacket& packet, uint64_t now) { return kernel_.check(packet, now, timeout_); }

 private:
  static constexpr double kLeastTimeout = 1, kMostTimeout = 86400;  // seconds

  uint32_t capacity_ = 4096;
  uint64_t timeout_ = 60'000'000'000;  // ns
  uint64_t next_expiry_ = 1;
  ${NAME}Records records_;
  ${NAME}Kernel kernel_ {records_};
};

}  // namespace clickup
