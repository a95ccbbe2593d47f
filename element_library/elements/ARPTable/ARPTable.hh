// ARPTable([CAPACITY, ENTRY_CAPACITY, ENTRY_PACKET_CAPACITY, CAPACITY_SLIM_FACTOR, TIMEOUT]): the addresses that
// ARPQuerier knows, with Click's arguments. A state: no ports.
#pragma once

#include "driver/element.hh"
#include "elements/ARPTable/arp_settings.hh"

namespace clickup {

class ARPTable : public Element {
 public:
  int configure_phase() const override { return 50; }  // before the elements that name it

  void configure(Arguments& arguments, Errors& errors) override {
    read_arp_settings(arguments, errors, state_);
    arguments.finish(errors);
  }
  void initialize(Host& host, Errors& errors) override { state_.open(*this, host, errors); }

  void add_handlers(HandlerTable& handlers) override {
    add_arp_readers(handlers, [this]() -> Neighbourhood& { return state_; });
    handlers.read("drops", [this] { return state_.drops.text(); });
    state_.add_writers(handlers);
  }

  void resume() override { state_.resume(*this); }
  void pause() override { state_.pause(); }
  uint64_t timer_at() const override { return state_.next_expiry(); }
  void on_timer(uint64_t now) override { state_.expire(now); }

  Neighbourhood& state() { return state_; }

 private:
  Neighbourhood state_;
};

}  // namespace clickup
