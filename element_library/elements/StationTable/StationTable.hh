// StationTable([CAPACITY, AGEING]): which station is behind which port of LearnBridge. A state: no ports.
#pragma once

#include "driver/element.hh"
#include "elements/StationTable/station_state.hh"
#include "support/live_handlers/live_duration.hh"

namespace clickup {

class StationTable : public StateElement {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.keyword("CAPACITY", state_.capacity);
    read_duration(arguments, errors, "AGEING", state_.ageing, kLeastAgeing, kMostAgeing);
    arguments.finish(errors);
    state_.check(errors);
  }

  void initialize(Host& host, Errors& errors) override { state_.open(*this, host, errors); }

  void add_handlers(HandlerTable& handlers) override {
    read_counts(handlers, state_.records(), state_.capacity);
    live_duration(handlers, *this, "ageing", "AGEING", state_.ageing, kLeastAgeing, kMostAgeing);
    handlers.read("table", [this](std::string_view limit) {
      return table_text(state_.records(), limit, [this](uint32_t index) { return state_.line(index, now_ns()); });
    });
    handlers.write("flush", [this](std::string_view) {
      state_.records().erase_all();
      return std::string();
    });
  }

  void resume() override { state_.resume(*this); }
  void pause() override { state_.pause(); }
  uint64_t timer_at() const override { return state_.next_expiry(); }
  void on_timer(uint64_t now) override { state_.expire(now); }

  StationState& state() { return state_; }

 private:
  static constexpr double kLeastAgeing = 1, kMostAgeing = 1'000'000;  // seconds, of IEEE 802.1D table 7-5

  StationState state_;
};

}  // namespace clickup
