// Nat(EXTERNAL, FORWARDS, CAPACITY, ...): sessions and mappings that TranslateOut and TranslateIn share. A state: no
// ports.
#pragma once

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>

#include "driver/element.hh"
#include "driver/state_element.hh"
#include "elements/Nat/nat_forwards.hh"
#include "elements/Nat/nat_kernel.hh"
#include "elements/Nat/nat_text.hh"

namespace clickup {

class Nat : public StateElement {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.keyword("CAPACITY", capacity_);
    for (size_t i = 0; i < kSettingCount; ++i) {
      texts_[i] = kSettings[i].standard;
      arguments.keyword(kSettings[i].keyword, texts_[i]);
      if (std::string error = kSettings[i].set(policy_, texts_[i]); !error.empty()) errors.add(error);
    }
    for (size_t i = 0; i < kNatTimeoutCount; ++i) {
      std::string text;
      arguments.keyword(kNatTimeouts[i].keyword, text);
      std::string error = text.empty() ? "" : set_nat_timeout(policy_, i, text);
      if (!error.empty()) errors.add(error);
    }
    arguments.finish(errors);
    check_capacity("CAPACITY", capacity_, kMinCapacity, kMaxCapacity / 2, "sessions", errors);
  }

  void initialize(Host& host, Errors& errors) override {
    tables_.each(capacity_, [&](auto& table, uint32_t capacity) { open_table(*this, capacity, table, host, errors); });
  }

  void add_handlers(HandlerTable& handlers) override {
    add_numbers(handlers);
    handlers.read("table", [this](std::string_view limit) { return lines(tables_.sessions, limit); });
    handlers.read("mapping_table", [this](std::string_view limit) { return lines(tables_.ports, limit); });
    for (size_t i = 0; i < kSettingCount; ++i) {
      handlers.read(kSettings[i].handler, [this, i] { return texts_[i]; });
      handlers.write(kSettings[i].handler, [this, i](std::string_view text) { return change(i, text); });
    }
    handlers.read("waiting_forwards", [this] { return std::to_string(waiting_forwards_); });
    for (size_t i = 0; i < kNatTimeoutCount; ++i) {
      handlers.read(kNatTimeouts[i].handler, [this, i] { return timeout_text(i); });
      handlers.write(kNatTimeouts[i].handler, [this, i](std::string_view text) { return change_timeout(i, text); });
    }
  }

  void resume() override {
    if (kernel_.resume(now_ns())) {
      chatter(*this, "the tables might not agree: counted anew, with " + std::to_string(tables_.sessions.count()) +
                         " sessions");
    }
    waiting_forwards_ = settle_forwards(tables_, policy_, kernel_.mappings(), now_ns());
  }
  void pause() override {
    tables_.each(capacity_, [](auto& table, uint32_t) { table.pause(); });
  }

  uint64_t timer_at() const override { return next_expiry_; }
  void on_timer(uint64_t now) override {
    kernel_.sessions().expire(now, kExpiryBudget);
    tables_.mappings.expire(now, kExpiryBudget);
    tables_.ports.expire(now, kExpiryBudget);
    tables_.hosts.expire(now, kExpiryBudget);
    tables_.fragments.expire(now, kExpiryBudget);
    kernel_.held().expire(now, kExpiryBudget);
    tables_.each(capacity_, [](auto& table, uint32_t) { table.reserve(); });
    if (waiting_forwards_ && now >= next_forwards_) {
      waiting_forwards_ = begin_forwards(tables_, policy_, kernel_.mappings(), now);
      next_forwards_ = now + kNatSecond;
    }
    uint64_t round = kExpiryRound * kExpiryBudget / std::max({tables_.sessions.fresh(), tables_.ports.fresh(), 1u});
    next_expiry_ = now + std::min(kLongestPause, round);
  }

  NatKernel& kernel() { return kernel_; }

 private:
  // A few microseconds at a time, and less often when that is enough to go round all records in time.
  static constexpr uint32_t kExpiryBudget = 1024;
  static constexpr uint64_t kExpiryRound = 30 * kNatSecond;
  static constexpr uint64_t kLongestPause = kNatSecond / 20;

  struct Setting {
    const char* keyword;
    const char* handler;
    const char* standard;
    std::string (*set)(NatPolicy&, std::string_view);
  };
  static constexpr Setting kSettings[] = {
      {"EXTERNAL", "external", "", set_external},
      {"FORWARDS", "forwards", "none", set_forwards},
      {"FILTERING", "filtering", "address_and_port_dependent", set_filtering},
      {"PORTS", "port_range", "1024-65535", set_ports},
  };
  static constexpr size_t kSettingCount = std::size(kSettings);

  void add_numbers(HandlerTable& handlers) {
    auto number = [&handlers](const char* name, auto function) {
      handlers.read(name, [function] { return std::to_string(function()); });
    };
    number("sessions", [this] { return tables_.sessions.count(); });
    number("mappings", [this] { return counters().mappings; });
    number("held_down", [this] { return tables_.ports.count() - counters().mappings; });
    number("opened", [this] { return counters().opened; });
    number("expired", [this] { return tables_.sessions.header().expired; });
    number("evicted", [this] { return tables_.sessions.header().evicted; });
    number("refused", [this] { return counters().refused; });
    number("datagrams_displaced", [this] { return tables_.fragments.header().evicted; });
    number("waiting_dropped", [this] { return kernel_.held().dropped(); });
  }
  const NatCounters& counters() { return kernel_.mappings().counters(); }

  template <class Record>
  std::string lines(const StateTable<Record>& table, std::string_view limit) const {
    uint64_t number = 1000;
    if (!limit.empty() && !parse_unsigned(limit, number)) return "'" + std::string(limit) + "' is no number of lines\n";
    return nat_lines(table, number, now_ns());
  }

  // As in a configuration, quotes are allowed around the value.
  std::string change(size_t which, std::string_view text) {
    std::string value;
    if (!parse_string(text, value)) value = text;
    if (std::string error = kSettings[which].set(policy_, value); !error.empty()) return error;
    texts_[which] = value;
    set_keyword(kSettings[which].keyword, text);
    waiting_forwards_ = settle_forwards(tables_, policy_, kernel_.mappings(), now_ns());
    return "";
  }
  std::string change_timeout(size_t which, std::string_view text) {
    std::string error = set_nat_timeout(policy_, which, text);
    if (error.empty()) set_keyword(kNatTimeouts[which].keyword, text);
    return error;
  }
  std::string timeout_text(size_t which) const {
    char text[32];
    std::snprintf(text, sizeof text, "%.12g", double(policy_.timeouts[which]) / double(kNatSecond));
    return text;
  }

  uint32_t capacity_ = 65536;
  std::array<std::string, kSettingCount> texts_;
  NatPolicy policy_;
  NatTables tables_;
  NatKernel kernel_{tables_, policy_};
  uint32_t waiting_forwards_ = 0;
  uint64_t next_expiry_ = 1, next_forwards_ = 0;
};

}  // namespace clickup
