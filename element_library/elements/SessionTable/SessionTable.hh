// SessionTable(CAPACITY, timeouts...): the sessions that CheckSession and OpenSession share. A state: no ports.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "driver/element.hh"
#include "driver/state_element.hh"
#include "elements/SessionTable/session_kernel.hh"
#include "elements/SessionTable/session_text.hh"

namespace clickup {

using SessionPackets = std::array<SessionPacket, kBatchSize>;

class SessionTable : public StateElement {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.keyword("CAPACITY", capacity_);
    for (size_t i = 0; i < kTimeoutCount; ++i) {
      std::string text;
      arguments.keyword(kTimeouts[i].keyword, text);
      if (std::string error = text.empty() ? "" : set_timeout(i, text); !error.empty()) errors.add(error);
    }
    arguments.finish(errors);
    check_capacity("CAPACITY", capacity_, kMinCapacity, kMaxCapacity, "sessions", errors);
  }

  void initialize(Host& host, Errors& errors) override { open_table(*this, capacity_, records_, host, errors); }

  void add_handlers(HandlerTable& handlers) override {
    read_counts(handlers, records_, capacity_);
    handlers.read("expired", [this] { return std::to_string(records_.header().expired); });
    handlers.read("by_state", [this](std::string_view) { return states_text(records_, now_ns()); });
    handlers.read("table", [this](std::string_view limit) { return table_text(limit); });
    for (size_t i = 0; i < kTimeoutCount; ++i) {
      handlers.read(kTimeouts[i].handler, [this, i](std::string_view) { return timeout_text(i); });
      handlers.write(kTimeouts[i].handler, [this, i](std::string_view text) { return change_timeout(i, text); });
    }
    handlers.write("flush", [this](std::string_view) {
      records_.erase_all();
      return std::string();
    });
  }

  void resume() override { resume_table(*this, records_, "sessions"); }
  void pause() override { records_.pause(); }

  uint64_t timer_at() const override { return next_expiry_; }
  void on_timer(uint64_t now) override {
    records_.expire(now, kExpiryBudget);
    records_.reserve();
    next_expiry_ = now + std::min(kLongestPause, kExpiryRound * kExpiryBudget / std::max(records_.fresh(), 1u));
  }

  SessionKernel& kernel() { return kernel_; }
  const SessionRecords& records() const { return records_; }
  // Reads every packet of a batch and lets memory load what check and open need.
  void read(const Batch& batch, SessionPackets& packets) const {
    for (uint32_t i = 0; i < batch.count; ++i) {
      const Packet& packet = *batch.items[i];
      packets[i].clear();
      if (packet.network_header == Packet::kNoHeader) continue;  // stays malformed
      kernel_.read(packet.buffer + packet.network_header, packet.network_length(), packets[i]);
    }
    for (uint32_t i = 0; i < batch.count; ++i) kernel_.locate(packets[i]);
    for (uint32_t i = 0; i < batch.count; ++i) kernel_.prefetch(packets[i]);
  }

 private:
  // A few microseconds at a time, and less often when that is enough to go round all records in time.
  static constexpr uint32_t kExpiryBudget = 1024;
  static constexpr uint64_t kExpiryRound = 30 * kSecond;
  static constexpr uint64_t kLongestPause = kSecond / 20;
  static constexpr double kLongestTimeout = 10 * 365 * 86400.0;  // seconds; far from overflowing any deadline

  std::string set_timeout(size_t which, std::string_view text) {
    double seconds = 0;
    if (!parse_duration(text, seconds) || !(seconds > 0) || seconds > kLongestTimeout) {
      return std::string(kTimeouts[which].keyword) + " '" + std::string(text) +
             "' is no timeout: give seconds, or a number with ms, s, min or h, above 0 and at most ten years";
    }
    timeouts_.nanoseconds[which] = uint64_t(std::llround(seconds * double(kSecond)));
    return "";
  }
  std::string change_timeout(size_t which, std::string_view text) {
    std::string error = set_timeout(which, text);
    if (error.empty()) set_keyword(kTimeouts[which].keyword, text);
    return error;
  }
  std::string timeout_text(size_t which) const {
    char text[32];
    std::snprintf(text, sizeof text, "%.12g", double(timeouts_.nanoseconds[which]) / double(kSecond));
    return text;
  }
  std::string table_text(std::string_view limit) const {
    uint64_t lines = 1000;
    if (!limit.empty() && !parse_unsigned(limit, lines)) {
      return "'" + std::string(limit) + "' is no number of lines\n";
    }
    return sessions_text(records_, lines, now_ns());
  }

  uint32_t capacity_ = 65536;
  Timeouts timeouts_;
  SessionRecords records_;
  SessionKernel kernel_{records_, timeouts_};
  uint64_t next_expiry_ = 1;
};

}  // namespace clickup
