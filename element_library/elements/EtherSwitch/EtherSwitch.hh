// EtherSwitch([TIMEOUT]): a learning switch with a table of its own, as Click has it.
#pragma once

#include "elements/LearnBridge/bridging.hh"
#include "support/live_handlers/live_handlers.hh"

namespace clickup {

class EtherSwitch : public Bridging {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string timeout = "300";
    arguments.keyword("TIMEOUT", timeout).finish(errors);
    if (std::string problem = set_timeout(timeout); !problem.empty()) errors.add(problem);
    check_ports(errors);
    std::vector<PortName> names;
    for (int i = 0; i < output_count(); ++i) names.push_back(PortName::of(std::to_string(i)));
    bridge(&state_.kernel(), std::move(names), false, true);
  }

  void initialize(Host& host, Errors& errors) override {
    state_.open(*this, host, errors);
    open_counters(host, errors);
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("table", [this](std::string_view limit) {
      return table_text(state_.records(), limit, [this](uint32_t index) {
        std::string line = state_.line(index, now_ns());
        return line.substr(0, line.find(' ')) + " " + StationState::port_text(state_.records().at(index));
      });
    });
    live_handler(
        handlers, *this, "timeout", "TIMEOUT", [this] { return std::to_string(timeout_); },
        [this](std::string_view text) { return set_timeout(text); });
    add_counters(handlers);
  }

  void resume() override { state_.resume(*this); }
  void pause() override { state_.pause(); }
  uint64_t timer_at() const override { return state_.next_expiry(); }
  void on_timer(uint64_t now) override { state_.expire(now); }

 private:
  std::string set_timeout(std::string_view text) {
    std::string problem = set_number("TIMEOUT", text, timeout_, 0, 1'000'000);
    state_.ageing = timeout_ * uint64_t(1'000'000'000);
    learning(timeout_ != 0);
    return problem;
  }

  StationState state_;
  uint64_t timeout_ = 300;  // seconds
};

}  // namespace clickup
