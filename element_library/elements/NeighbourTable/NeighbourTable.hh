// NeighbourTable([CAPACITY, TIMEOUT, WAITING, QUEUE]): the neighbours that ResolveNeighbour knows. A state: no ports.
#pragma once

#include "driver/element.hh"
#include "elements/NeighbourTable/neighbourhood.hh"
#include "support/live_handlers/live_duration.hh"

namespace clickup {

class NeighbourTable : public StateElement {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.keyword("CAPACITY", state_.capacity)
        .keyword("WAITING", state_.most_waiting)
        .keyword("QUEUE", state_.queue);
    read_duration(arguments, errors, "TIMEOUT", state_.policy.timeout, kLeastTimeout, kMostTimeout);
    arguments.finish(errors);
    state_.check(errors);
  }

  void initialize(Host& host, Errors& errors) override { state_.open(*this, host, errors); }

  void add_handlers(HandlerTable& handlers) override {
    read_counts(handlers, state_.records(), state_.capacity);
    handlers.read("waiting", [this] { return std::to_string(state_.waiting); });
    live_duration(handlers, *this, "timeout", "TIMEOUT", state_.policy.timeout, kLeastTimeout, kMostTimeout);
    live_number(handlers, *this, "queue", "QUEUE", state_.queue, 1, Neighbourhood::kMostWaiting);
    handlers.read("table", [this](std::string_view limit) {
      return table_text(state_.records(), limit, [this](uint32_t index) { return state_.line(index); });
    });
    state_.add_writers(handlers);
  }

  void resume() override { state_.resume(*this); }
  void pause() override { state_.pause(); }
  uint64_t timer_at() const override { return state_.next_expiry(); }
  void on_timer(uint64_t now) override { state_.expire(now); }

  Neighbourhood& state() { return state_; }

 private:
  static constexpr double kLeastTimeout = 1, kMostTimeout = 315360000;  // seconds

  Neighbourhood state_;
};

}  // namespace clickup
