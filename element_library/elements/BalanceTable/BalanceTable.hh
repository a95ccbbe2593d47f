// BalanceTable(SERVICES, BACKENDS, ...): flows and backends that Balance and BalanceReverse share. A state: no ports.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iterator>

#include "driver/element.hh"
#include "driver/state_element.hh"
#include "elements/BalanceTable/balance_kernel.hh"
#include "elements/BalanceTable/balance_text.hh"

namespace clickup {

class BalanceTable : public StateElement {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.keyword("CAPACITY", capacity_);
    for (size_t i = 0; i < kSettingCount; ++i) {
      texts_[i] = kSettings[i].standard;
      arguments.keyword(kSettings[i].keyword, texts_[i]);
      if (std::string error = kSettings[i].set(policy_, texts_[i]); !error.empty()) errors.add(error);
    }
    arguments.finish(errors);
    check_capacity("CAPACITY", capacity_, kMinCapacity, kMaxCapacity, "flows", errors);
  }

  void initialize(Host& host, Errors& errors) override {
    open_table(*this, capacity_, flows_, host, errors);
    open_table(*this, BackendSet::kMost, records_, host, errors);
    backends_.take_list(policy_.backends);
    backends_.settle();
    while (backends_.tend(kAllSteps)) {}
  }

  void add_handlers(HandlerTable& handlers) override {
    read_counts(handlers, flows_, capacity_);
    handlers.read("expired", [this] { return std::to_string(flows_.header().expired); });
    handlers.read("moved", [this] { return std::to_string(kernel_.moved()); });
    handlers.read("table", [this](std::string_view limit) { return table_text(limit); });
    handlers.read("backend_table", [this] { return backends_text(backends_, memory_, flows_, now_ns()); });
    handlers.read("health", [this] { return health_text(); });
    handlers.write("health", [this](std::string_view text) { return set_health(text); });
    for (size_t i = 0; i < kSettingCount; ++i) {
      handlers.read(kSettings[i].handler, [this, i] { return texts_[i]; });
      handlers.write(kSettings[i].handler, [this, i](std::string_view value) { return change(i, value); });
    }
  }

  void resume() override {
    resume_table(*this, flows_, "flows");
    records_.resume();
    agree();
  }
  void pause() override {
    flows_.pause();
    records_.pause();
  }

  uint64_t timer_at() const override { return std::min(next_expiry_, next_steps_); }
  void on_timer(uint64_t now) override {
    if (now >= next_steps_) next_steps_ = backends_.tend(kSteps) ? now + kStepPause : kNever;
    if (now < next_expiry_) return;
    flows_.expire(now, kExpiryBudget);
    flows_.reserve();
    records_.expire(now, kExpiryBudget);
    next_expiry_ = now + std::min(kLongestPause, kExpiryRound * kExpiryBudget / std::max(flows_.fresh(), 1u));
  }

  BalanceKernel& kernel() { return kernel_; }
  const BackendSet& backends() const { return backends_; }

 private:
  // As SessionTable: a few microseconds at a time, and less often when that is enough to go round in time.
  static constexpr uint32_t kExpiryBudget = 1024;
  static constexpr uint64_t kExpiryRound = 30 * kBalanceSecond, kLongestPause = kBalanceSecond / 20;
  // Hashing over other backends takes milliseconds, so it is done in several steps of this many.
  static constexpr uint32_t kSteps = 8192, kAllSteps = 1u << 30;
  static constexpr uint64_t kStepPause = 500'000, kNever = ~uint64_t(0);  // ns

  static constexpr const char* kIncomplete = " has a quote or an escape that is not complete";

  struct Setting {
    const char* keyword;
    const char* handler;
    const char* standard;
    std::string (*set)(BalancePolicy&, std::string_view);
  };
  static constexpr Setting kSettings[] = {
      {"SERVICES", "services", "", set_services},
      {"BACKENDS", "backends", "none", set_backends},
      {"MODE", "mode", "nat", set_mode},
      {"ON_DOWN", "on_down", "move", set_on_down},
      {"TCP_OPENING", "tcp_opening", "240", set_timeout<&BalanceTimeouts::opening>},
      {"TCP_ESTABLISHED", "tcp_established", "7440", set_timeout<&BalanceTimeouts::established>},
      {"TCP_CLOSING", "tcp_closing", "240", set_timeout<&BalanceTimeouts::closing>},
      {"UDP", "udp", "300", set_timeout<&BalanceTimeouts::udp>},
  };
  static constexpr size_t kSettingCount = std::size(kSettings);

  std::string change(size_t which, std::string_view value) {
    std::string text;
    if (!parse_string(value, text)) return kSettings[which].keyword + std::string(kIncomplete);
    if (std::string error = kSettings[which].set(policy_, text); !error.empty()) return error;
    texts_[which] = text;
    set_keyword(kSettings[which].keyword, value);
    backends_.take_list(policy_.backends);
    agree();
    return "";
  }
  // Uses the backends of the list and the table from now on; hashing over others continues in the timer.
  void agree() {
    memory_.agree(now_ns());
    settle();
  }
  void settle() {
    backends_.settle();
    if (backends_.busy()) next_steps_ = 1;
  }

  std::string set_health(std::string_view value) {
    std::string text, unknown;
    if (!parse_string(value, text)) return "health" + std::string(kIncomplete);
    for (const std::string& entry : split_entries(text)) {
      std::vector<std::string> words = split_entries(entry, ' ');
      BalanceEndpoint endpoint;
      bool good = words.size() == 2 && parse_endpoint(words[0], endpoint) && (words[1] == "up" || words[1] == "down");
      if (!good) return "'" + entry + "' is no health: give `ADDRESS[:PORT] up` or `ADDRESS[:PORT] down`";
      if (!set_down(endpoint, words[1] == "down")) unknown += (unknown.empty() ? "" : ", ") + words[0];
    }
    settle();
    return unknown.empty() ? "" : "no backend is " + unknown + ": `backends` lists them; the others' health was taken";
  }
  bool set_down(const BalanceEndpoint& endpoint, bool down) {
    bool found = false;
    for (Backend& backend : backends_.all()) {
      bool port = endpoint.port == 0 || backend.endpoint.port == endpoint.port;
      if (!port || backend.endpoint.address != endpoint.address) continue;
      found = true;
      memory_.set_down(backend, down, now_ns());
    }
    return found;
  }
  std::string health_text() {
    std::string text;
    for (const Backend& backend : backends_.all()) {
      if (backend.down) text += endpoint_text(backend.endpoint) + " down\n";
    }
    return text;
  }
  std::string table_text(std::string_view limit) const {
    uint64_t lines = 1000;
    if (!limit.empty() && !parse_unsigned(limit, lines)) return "'" + std::string(limit) + "' is no number of lines\n";
    return flows_text(flows_, lines, now_ns());
  }

  uint32_t capacity_ = 65536;
  std::array<std::string, kSettingCount> texts_;
  BalancePolicy policy_;
  BalancedFlowRecords flows_;
  BackendRecords records_;
  BackendSet backends_;
  BackendMemory memory_{records_, backends_};
  BalanceKernel kernel_{flows_, backends_, memory_, policy_};
  uint64_t next_expiry_ = 1, next_steps_ = kNever;
};

}  // namespace clickup
