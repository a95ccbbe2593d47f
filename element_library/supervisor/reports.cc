// What came of takeovers, reverts and restarts: answers, history, status.
#include <unistd.h>
#include <algorithm>

#include "supervisor/json_text.hh"
#include "supervisor/supervisor.hh"

namespace clickup {
namespace {
constexpr size_t kHistory = 20, kAnswers = 64;
}  // namespace

void Supervisor::report_success() {
  switch (life_.purpose) {
    case Purpose::start:
    case Purpose::upgrade: return report_takeover();
    case Purpose::revert: return report_revert();
    case Purpose::restart: return report_restart();
  }
}

TakeoverReport Supervisor::measured() {
  TakeoverReport report;
  const SharedPage& page = resources_.page();
  uint64_t stopped = page.stopped_ns, resumed = page.resumed_ns;
  if (stopped != 0 && resumed > stopped) report.pause_ns = resumed - stopped;
  report.waiting_packets = waiting_;
  uint64_t drops = resources_.count_drops();
  report.dropped_packets = drops > drops_before_ ? drops - drops_before_ : 0;
  report.states = std::move(states_);
  report.precopy_ms = carriage_.precopy_ms;
  report.rounds = carriage_.rounds;
  report.last_records = carriage_.last_records;
  explain(Cause::none, {});
  return report;
}

void Supervisor::report_takeover() {
  TakeoverReport report = measured();
  report.attempt = current_->what.attempt;
  report.release = current_->what.release;
  report.previous = previous_ ? previous_->what.release : "";
  report.result = "running";
  if (life_.purpose == Purpose::start) report.pause_ns = report.waiting_packets = report.dropped_packets = 0;
  ++takeovers_;
  remember(report);
  answer_attempt({200, report.json()});
}

void Supervisor::report_revert() {
  TakeoverReport report = measured();
  report.attempt = reverted_.attempt;
  report.release = reverted_.release;
  report.previous = current_->what.release;
  report.result = "reverted";
  report.cause = back_cause_;
  report.reason = back_reason_;
  ++reverts_;
  remember(report);
  if (answers_.contains(report.attempt)) answers_[report.attempt] = {200, report.json()};
  answer_reverts({200, report.json()});
}

void Supervisor::report_restart() {
  ++restarts_;
  TakeoverReport report = measured();
  log_.add("worker_restarted", {{"pid", std::to_string(current_->worker->pid())},
                                {"release", current_->what.release},
                                {"pause_ns", std::to_string(report.pause_ns)},
                                {"waiting_packets", std::to_string(report.waiting_packets)},
                                {"dropped_packets", std::to_string(report.dropped_packets)}});
}

void Supervisor::report_failure() {
  release_unneeded();
  Cause cause = std::exchange(cause_, Cause::none);
  std::string reason = std::exchange(reason_, {});
  if (life_.phase == Phase::backoff && life_.purpose == Purpose::restart && takeover_replies_.empty()) {
    ++deaths_in_a_row_;
    log_.add("restart_failed", {{"release", current_->what.release}, {"reason", reason}});
    explain(cause, reason);
    return;
  }
  if (life_.purpose == Purpose::revert) {
    ++deaths_in_a_row_;
    log_.add("revert_failed", {{"release", previous_->what.release}, {"reason", reason}});
    return answer_reverts(refused(cause, "cannot go back to release " + previous_->what.release + ": " + reason));
  }
  TakeoverReport report;
  report.attempt = request_.attempt;
  report.release = request_.release;
  report.previous = current_ ? current_->what.release : "";
  report.result = "failed";
  report.cause = cause;
  report.reason = reason;
  remember(report);
  std::string rest = life_.current_alive ? "; the release before it goes on" : "";
  answer_attempt(refused(cause, reason + rest));
}

void Supervisor::report_ended() {
  TakeoverReport report;
  report.attempt = current_->what.attempt;
  report.release = current_->what.release;
  report.result = "reverted";
  report.cause = back_cause_;
  report.reason = back_reason_;
  explain(Cause::none, {});
  ++reverts_;
  current_.reset();
  release_unneeded();
  remember(report);
  if (answers_.contains(report.attempt)) answers_[report.attempt] = {200, report.json()};
  answer_reverts({200, report.json()});
}

void Supervisor::remember(TakeoverReport report) {
  log_.add(report.result == "running" ? "takeover" : report.result,
           {{"attempt", report.attempt},
            {"release", report.release},
            {"previous", report.previous},
            {"pause_ns", std::to_string(report.pause_ns)},
            {"waiting_packets", std::to_string(report.waiting_packets)},
            {"dropped_packets", std::to_string(report.dropped_packets)},
            {"cause", std::string(cause_word(report.cause))},
            {"reason", report.reason}});
  history_.push_back(std::move(report));
  if (history_.size() > kHistory) history_.pop_front();
}

void Supervisor::answer_attempt(HandlerReply answer) {
  if (takeover_replies_.empty()) return;
  answers_[request_.attempt] = answer;
  answered_.push_back(request_.attempt);
  if (answered_.size() > kAnswers) {
    answers_.erase(answered_.front());
    answered_.pop_front();
  }
  for (const auto& reply : std::exchange(takeover_replies_, {})) reply(answer);
}

void Supervisor::answer_reverts(const HandlerReply& answer) {
  for (const auto& reply : std::exchange(revert_replies_, {})) reply(answer);
}

void Supervisor::describe_slot(JsonText& json, const std::optional<Slot>& slot) const {
  if (!slot) {
    json.null();
    return;
  }
  uint64_t pid = slot->worker ? uint64_t(slot->worker->pid()) : 0;
  json.begin_object().field("release", slot->what.release).field("attempt", slot->what.attempt).field("pid", pid);
  json.field("config", slot->what.config).field("driver", slot->what.driver).field("since", slot->since).end_object();
}

void Supervisor::describe_tables(JsonText& json) const {
  json.begin_object();
  for (const auto& [name, use] : current_ ? current_->needs.tables : std::map<std::string, TableUse>{}) {
    const TableKey& key = use.memory->key();
    TableFacts facts = use.memory->facts();
    json.key(name).begin_object().field("bytes", key.bytes).field("layout", hexadecimal(key.layout));
    json.field("version", uint64_t(facts.version)).field("capacity", uint64_t(facts.capacity));
    json.field("records", uint64_t(facts.records)).end_object();
  }
  json.end_object();
}

std::string Supervisor::status() {
  JsonText json;
  json.begin_object()
      .field("protocol", uint64_t(kProtocol))
      .field("pid", uint64_t(::getpid()))
      .field("state", state_word(life_))
      .field("phase", phase_word(life_.phase));
  describe_slot(json.key("active"), current_);
  describe_slot(json.key("parked"), previous_);
  json.field("confirmed", confirmed_).key("confirm_deadline_ms");
  uint64_t now = boot_time_ns();
  if (confirm_deadline_) json.value(confirm_deadline_ > now ? (confirm_deadline_ - now) / kMillisecond : 0);
  else json.null();
  json.field("takeovers", takeovers_)
      .field("reverts", reverts_)
      .field("restarts", restarts_)
      .field("problem", problem_);
  resources_.describe_interfaces(json.key("interfaces"));
  resources_.describe_rings(json.key("rings"));
  scheduling_.describe(json.key("scheduling").begin_object());
  json.field("ring_memory", resources_.ring_memory()).end_object();
  describe_tables(json.key("tables"));
  checkpoints_.describe(json.key("checkpoints"));
  json.key("last_takeover");
  if (history_.empty()) json.null();
  else json.raw(history_.back().json());
  json.key("history").begin_list();
  for (const TakeoverReport& report : history_) json.raw(report.json());
  return json.end_list().end_object().text();
}

}  // namespace clickup
