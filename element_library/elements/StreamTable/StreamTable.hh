// StreamTable(CAPACITY, SEGMENTS, FOUND, WINDOW): TCP streams in order, and what was found in flows. A state: no ports.
#pragma once

#include <algorithm>

#include "driver/element.hh"
#include "driver/state_element.hh"
#include "elements/StreamTable/stream_order.hh"
#include "support/live_handlers/live_handlers.hh"

namespace clickup {

class StreamTable : public StateElement {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.keyword("CAPACITY", capacity_).keyword("SEGMENTS", segment_capacity_).keyword("FOUND", found_capacity_);
    arguments.keyword("WINDOW", window_).finish(errors);
    check("CAPACITY", capacity_, kMinCapacity, kMaxCapacity, errors);
    check("SEGMENTS", segment_capacity_, kMinCapacity, kMostSegments, errors);
    check("FOUND", found_capacity_, kMinCapacity, kMaxCapacity, errors);
    check("WINDOW", window_, kLeastWindow, kMostWindow, errors);
  }

  void initialize(Host& host, Errors& errors) override {
    open_table(*this, capacity_, streams, host, errors);
    open_table(*this, segment_capacity_, segments, host, errors);
    open_table(*this, found_capacity_, found, host, errors);
  }

  void add_handlers(HandlerTable& handlers) override {
    read_counts(handlers, streams, capacity_);
    handlers.read("waiting", [this] { return std::to_string(segments.count()); });
    handlers.read("found", [this] { return std::to_string(found.count()); });
    live_number(handlers, *this, "window", "WINDOW", window_, kLeastWindow, kMostWindow);
    handlers.write("flush", [this](std::string_view) {
      for_each_table([](auto& table) { table.erase_all(); });
      return std::string();
    });
  }

  void resume() override {
    uint32_t discarded = 0;
    for_each_table([&](auto& table) { discarded += table.resume().discarded; });
    if (discarded == 0) return;
    chatter(*this, "the last worker did not stop cleanly: discarded " + std::to_string(discarded) +
                       " records that were being written");
  }
  void pause() override {
    for_each_table([](auto& table) { table.pause(); });
  }

  uint64_t timer_at() const override { return next_expiry_; }
  void on_timer(uint64_t now) override {
    for_each_table([&](auto& table) {
      table.expire(now, kExpiryBudget);
      table.reserve();
    });
    uint64_t records = std::max({streams.fresh(), segments.fresh(), found.fresh(), 1u});
    next_expiry_ = now + std::min(kLongestPause, kExpiryRound * kExpiryBudget / records);
  }

  StreamRecords streams;
  SegmentRecords segments;
  FoundRecords found;
  const uint32_t& window() const { return window_; }

 private:
  static constexpr uint64_t kLeastWindow = 1500, kMostWindow = 16 << 20, kMostSegments = 1'000'000;
  // As SessionTable: a few microseconds at a time, and less often when that is enough to go round in time.
  static constexpr uint32_t kExpiryBudget = 512;
  static constexpr uint64_t kExpiryRound = 30'000'000'000, kLongestPause = 50'000'000;  // ns

  static void check(const char* keyword, uint32_t value, uint64_t low, uint64_t high, Errors& errors) {
    uint32_t unused;
    std::string problem = set_number(keyword, std::to_string(value), unused, low, high);
    if (!problem.empty()) errors.add(problem);
  }
  template <class Function>
  void for_each_table(Function function) {
    function(streams);
    function(segments);
    function(found);
  }

  uint32_t capacity_ = 65536, segment_capacity_ = 4096, found_capacity_ = 16384, window_ = 131072;
  uint64_t next_expiry_ = 1;
};

}  // namespace clickup
