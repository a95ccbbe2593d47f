// Unqueue([BURST, ACTIVE, LIMIT]): pulls packets whenever there are any and pushes them on.
//
// Ports: 1 input, pull; 1 output, push.
// Parameters: BURST, packets a round (64); ACTIVE (true); LIMIT, most packets to pull, negative for no limit (-1).
// Handlers: count (r), reset (w), active, limit, burst (rw).
#pragma once

#include <algorithm>

#include "driver/element.hh"

namespace clickup {

class Unqueue : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.positional("BURST", burst_, false).keyword("ACTIVE", active_).keyword("LIMIT", limit_).finish(errors);
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("count", [this] { return std::to_string(count_); });
    handlers.write("reset", [this](std::string_view) {
      count_ = 0;
      return std::string();
    });
    handlers.read("active", [this] { return std::string(active_ ? "true" : "false"); });
    handlers.write("active", [this](std::string_view value) {
      if (!parse_bool(value, active_)) return std::string("active is true or false");
      set_keyword("ACTIVE", value);
      return std::string();
    });
    add_number(handlers, "limit", "LIMIT", limit_);
    add_number(handlers, "burst", "BURST", burst_);
  }

  bool has_task() const override { return true; }
  bool run_task() override { return move(); }
  bool drain() override { return move(); }

 private:
  bool move() {
    uint64_t room = burst_ < 0 ? kBatchSize : uint64_t(burst_);
    if (limit_ >= 0) room = std::min(room, uint64_t(limit_) - std::min(count_, uint64_t(limit_)));
    if (!active_ || room == 0) return false;
    Batch batch;
    input(0).pull(batch, uint32_t(std::min<uint64_t>(room, kBatchSize)));
    count_ += batch.count;
    bool moved = !batch.empty();
    output(0).push(batch);
    return moved;
  }

  void add_number(HandlerTable& handlers, const char* name, const char* keyword, int64_t& number) {
    handlers.read(name, [&number] { return std::to_string(number); });
    handlers.write(name, [this, name, keyword, &number](std::string_view value) {
      if (!parse_integer(value, number)) return std::string(name) + " is a whole number";
      set_keyword(keyword, value);
      return std::string();
    });
  }

  bool active_ = true;
  int64_t limit_ = -1;
  int64_t burst_ = kBatchSize;
  uint64_t count_ = 0;
};

}  // namespace clickup
