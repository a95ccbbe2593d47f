// MatchPatterns(SESSIONS, STREAMS, [PATTERNS, RULES, ALERTS, ALERT_RATE]): looks for patterns in TCP streams and UDP
// datagrams and parts the packets of flows that have one from all others.
#pragma once

#include <array>
#include <ctime>

#include "driver/element.hh"
#include "elements/MatchPatterns/alert_log.hh"
#include "elements/MatchPatterns/pattern_loader.hh"
#include "elements/SessionTable/SessionTable.hh"
#include "elements/StreamTable/StreamTable.hh"
#include "support/kept_counter/kept_counter.hh"

namespace clickup {

class MatchPatterns : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    Element *sessions = nullptr, *streams = nullptr;
    arguments.positional_element("SESSIONS", "SessionTable", sessions);
    arguments.positional_element("STREAMS", "StreamTable", streams);
    arguments.keyword("PATTERNS", source_.path).keyword("RULES", source_.rules);
    arguments.keyword("ALERTS", alerts_).keyword("ALERT_RATE", alert_rate_).finish(errors);
    sessions_ = static_cast<SessionTable*>(sessions);
    streams_ = static_cast<StreamTable*>(streams);
    std::string error;
    if (std::unique_ptr<PatternSet> set = load_patterns(source_, error)) set_ = std::move(set);
    if (!error.empty()) errors.add(error);
    if (error = set_alert_rate(std::to_string(alert_rate_)); !error.empty()) errors.add(error);
  }

  void initialize(Host& host, Errors& errors) override {
    kernel_ = std::make_unique<MatchKernel>(sessions_->records(), streams_->streams, streams_->segments,
                                            streams_->found, streams_->window());
    kernel_->use(*set_);
    log_.set_element(name());
    if (std::string error = log_.open(alerts_); !error.empty()) errors.add(error);
    static constexpr const char* kWords[] = {"clean", "match", "unseen"};
    for (size_t i = 0; i < inspected_.size(); ++i) inspected_[i].open(*this, kWords[i], host, errors);
  }

  void add_handlers(HandlerTable& handlers) override {
    static constexpr const char* kNames[] = {"clean", "match", "unseen"};
    for (size_t i = 0; i < inspected_.size(); ++i) {
      handlers.read(kNames[i], [this, i] { return inspected_[i].text(); });
    }
    handlers.read("alert_count", [this] { return std::to_string(kernel_->counts().alerts); });
    handlers.read("suppressed", [this] { return std::to_string(kernel_->counts().suppressed); });
    handlers.read("lost", [this] { return std::to_string(kernel_->counts().lost); });
    handlers.read("jumps", [this] { return std::to_string(kernel_->counts().jumps); });
    handlers.read("contradictions", [this] { return std::to_string(kernel_->counts().contradictions); });
    handlers.read("rule_count", [this] { return std::to_string(set_->rules().size()); });
    handlers.read("pattern_set", [this] { return set_text(); });
    handlers.read("pause_ns", [this] { return std::to_string(pause_ns_); });
    handlers.read("patterns", [this] { return source_.path; });
    handlers.write_later("patterns", [this](std::string_view value, Done done) { load("PATTERNS", value, done); });
    handlers.read("rules", [this] { return source_.rules; });
    handlers.write_later("rules", [this](std::string_view value, Done done) { load("RULES", value, done); });
    live_handler(
        handlers, *this, "alerts", "ALERTS", [this] { return alerts_; },
        [this](std::string_view value) { return set_alerts(value); });
    live_handler(
        handlers, *this, "alert_rate", "ALERT_RATE", [this] { return std::to_string(alert_rate_); },
        [this](std::string_view value) { return set_alert_rate(value); });
  }

  void push(int, Batch& batch) override {
    std::array<Batch, 3> parted;
    std::array<uint64_t, kBatchSize> hashes;
    sessions_->read(batch, packets_);
    for (uint32_t i = 0; i < batch.count; ++i) hashes[i] = kernel_->look_up(packets_[i]);
    for (uint32_t i = 0; i < batch.count; ++i) kernel_->prefetch(packets_[i], hashes[i]);
    log_.begin(now_ns(), realtime_ns());
    for (uint32_t i = 0; i < batch.count; ++i) {
      Inspection inspection = kernel_->inspect(packets_[i], hashes[i], now_ns(), log_);
      parted[size_t(inspection)].add(batch.items[i]);
    }
    batch.count = 0;
    for (size_t i = 0; i < parted.size(); ++i) {
      inspected_[i].add(parted[i]);
      if (!parted[i].empty()) push_or_release(int(i), parted[i]);
    }
  }

  // While another set is being compiled: puts it in place once it is ready. No packet is being searched here.
  uint64_t timer_at() const override { return loader_.busy() ? last_look_ + kLookInterval : 0; }
  void on_timer(uint64_t now) override {
    last_look_ = now;
    uint64_t begin = clock_ns();
    loader_.finish([this, begin](PatternSource source, std::unique_ptr<PatternSet> set) {
      source_ = std::move(source);
      outgrown_ = std::exchange(set_, std::move(set));
      kernel_->use(*set_);
      pause_ns_ = clock_ns() - begin;
    });
  }

 private:
  using Done = PatternLoader::Done;
  static constexpr const char* kIncomplete = " has a quote or an escape that is not complete";
  static constexpr uint64_t kLookInterval = 1'000'000;  // ns
  static constexpr uint64_t kMostAlerts = 100'000;      // lines a second

  void load(const char* keyword, std::string_view value, Done done) {
    std::string text;
    if (!parse_string(value, text)) return done(keyword + std::string(kIncomplete));
    if (loader_.busy()) return done("another set is being compiled: try again when that is done");
    PatternSource source = source_;
    (std::string_view(keyword) == "RULES" ? source.rules : source.path) = text;
    last_look_ = now_ns();
    auto put_in_place = [this, keyword, value = std::string(value), done](std::string error) {
      if (error.empty()) set_keyword(keyword, value);
      done(error);
    };
    loader_.start(std::move(source), std::move(outgrown_), put_in_place);
  }

  static uint64_t clock_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return uint64_t(now.tv_sec) * kSecond + uint64_t(now.tv_nsec);
  }
  std::string set_text() const {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(set_->hash()));
    return text;
  }
  std::string set_alerts(std::string_view value) {
    std::string path;
    if (!parse_string(value, path)) return "ALERTS" + std::string(kIncomplete);
    std::string error = log_.open(path);
    if (error.empty()) alerts_ = path;
    return error;
  }
  std::string set_alert_rate(std::string_view value) {
    std::string error = set_number("ALERT_RATE", value, alert_rate_, 1, kMostAlerts);
    if (error.empty()) log_.set_rate(alert_rate_);
    return error;
  }

  SessionTable* sessions_ = nullptr;
  StreamTable* streams_ = nullptr;
  PatternSource source_;
  std::unique_ptr<PatternSet> set_ = std::make_unique<PatternSet>();
  std::unique_ptr<PatternSet> outgrown_;  // freed by the next load: giving megabytes back takes longer than may be
  PatternLoader loader_;
  uint64_t last_look_ = 0;
  uint64_t pause_ns_ = 0;
  std::string alerts_;
  uint32_t alert_rate_ = 100;
  AlertLog log_;
  std::unique_ptr<MatchKernel> kernel_;
  SessionPackets packets_;
  std::array<KeptCounter, 3> inspected_;
};

}  // namespace clickup
