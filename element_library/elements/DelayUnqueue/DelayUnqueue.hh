// DelayUnqueue(DELAY): pulls packets and pushes each on no earlier than DELAY after its timestamp.
//
// Ports: 1 input, pull; 1 output, push. Order is kept. At most 64 packets are held here; the others wait upstream, so a
// queue there bounds the delay's buffer. A packet's timestamp becomes the time it is due. At a takeover what is held
// leaves at once, because the next worker does not inherit it. Parameters: DELAY, such as 5ms. Handlers: delay (rw), in
// seconds when read.
#pragma once

#include <algorithm>
#include <cstdio>

#include "driver/element.hh"
#include "support/live_handlers/live_handlers.hh"

namespace clickup {

class DelayUnqueue : public Element {
 public:
  ~DelayUnqueue() override { held_.release(); }

  void configure(Arguments& arguments, Errors& errors) override {
    std::string text;
    arguments.positional("DELAY", text).finish(errors);
    if (!errors.empty()) return;
    if (std::string problem = set(text); !problem.empty()) errors.add(problem);
  }

  void add_handlers(HandlerTable& handlers) override {
    live_handler(
        handlers, *this, "delay", "DELAY", [this] { return text(); },
        [this](std::string_view value) { return set(value); });
  }

  bool has_task() const override { return true; }
  bool run_task() override {
    if (held_.empty()) input(0).pull(held_, kBatchSize);
    return emit(realtime_ns());
  }
  bool drain() override {
    if (held_.empty()) input(0).pull(held_, kBatchSize);
    return emit(~0ull);
  }
  uint64_t timer_at() const override {
    if (held_.empty()) return 0;
    uint64_t due = due_ns(*held_.items[0]), now = realtime_ns();
    return now_ns() + (due > now ? due - now : 0);
  }

 private:
  uint64_t due_ns(const Packet& packet) const { return packet.timestamp_ns + delay_ns_; }

  // Pushes the packets that are due at `now`, in order.
  bool emit(uint64_t now) {
    Batch due;
    while (due.count < held_.count && due_ns(*held_.items[due.count]) <= now) due.add(held_.items[due.count]);
    if (due.empty()) return false;
    std::copy(held_.begin() + due.count, held_.end(), held_.begin());
    held_.count -= due.count;
    for (Packet* packet : due) packet->timestamp_ns = due_ns(*packet);
    output(0).push(due);
    return true;
  }

  std::string set(std::string_view text) {
    double seconds = 0;
    if (!parse_duration(text, seconds) || seconds < 0 || seconds > kMostSeconds) {
      return "DELAY is a duration up to an hour, such as 5ms, not '" + std::string(text) + "'";
    }
    delay_ns_ = uint64_t(seconds * 1e9);
    return "";
  }

  std::string text() const {
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", double(delay_ns_) * 1e-9);
    return text;
  }

  static constexpr double kMostSeconds = 3600;
  uint64_t delay_ns_ = 0;
  Batch held_;  // in order of arrival
};

}  // namespace clickup
