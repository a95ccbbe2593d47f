#include "supervisor/takeover_reports.hh"

#include <utility>

#include "supervisor/event_log.hh"
#include "supervisor/json_text.hh"

namespace clickup {
namespace {
constexpr size_t kHistory = 20, kAnswers = 64;
}  // namespace

const HandlerReply* TakeoverReports::answer_to(const std::string& attempt) const {
  auto known = answers_.find(attempt);
  return known != answers_.end() ? &known->second : nullptr;
}

void TakeoverReports::await_takeover(const std::string& attempt, ReplyFunction reply) {
  awaited_ = attempt;
  takeover_replies_.push_back(std::move(reply));
}

void TakeoverReports::took_over(const TakeoverReport& report) {
  ++takeovers_;
  remember(report);
  answer_attempt({200, report.json()});
}

void TakeoverReports::reverted(const TakeoverReport& report) {
  ++reverts_;
  remember(report);
  if (answers_.contains(report.attempt)) answers_[report.attempt] = {200, report.json()};
  answer_reverts({200, report.json()});
}

void TakeoverReports::failed(const TakeoverReport& report, const HandlerReply& refusal) {
  remember(report);
  answer_attempt(refusal);
}

void TakeoverReports::refuse_all(const HandlerReply& refusal) {
  answer_attempt(refusal);
  answer_reverts(refusal);
}

void TakeoverReports::confirm(const Release& what) {
  confirmed_ = what.release;
  log_.add("confirmed", {{"release", confirmed_}, {"attempt", what.attempt}});
  for (auto report = history_.rbegin(); report != history_.rend(); ++report) {
    if (report->attempt != what.attempt || report->result != "running") continue;
    report->result = "confirmed";
    answers_[report->attempt] = {200, report->json()};
    break;
  }
}

void TakeoverReports::remember(const TakeoverReport& report) {
  log_.add(report.result == "running" ? "takeover" : report.result,
           {{"attempt", report.attempt},
            {"release", report.release},
            {"previous", report.previous},
            {"pause_ns", std::to_string(report.pause_ns)},
            {"waiting_packets", std::to_string(report.waiting_packets)},
            {"dropped_packets", std::to_string(report.dropped_packets)},
            {"cause", std::string(cause_word(report.reason.cause))},
            {"reason", report.reason.text}});
  history_.push_back(report);
  if (history_.size() > kHistory) history_.pop_front();
}

void TakeoverReports::answer_attempt(const HandlerReply& answer) {
  if (!awaits_takeover()) return;
  answers_[awaited_] = answer;
  answered_.push_back(awaited_);
  if (answered_.size() > kAnswers) {
    answers_.erase(answered_.front());
    answered_.pop_front();
  }
  for (const auto& reply : std::exchange(takeover_replies_, {})) reply(answer);
}

void TakeoverReports::answer_reverts(const HandlerReply& answer) {
  for (const auto& reply : std::exchange(revert_replies_, {})) reply(answer);
}

void TakeoverReports::describe_counts(JsonText& json) const {
  json.field("takeovers", takeovers_).field("reverts", reverts_).field("restarts", restarts_);
}

void TakeoverReports::describe_history(JsonText& json) const {
  json.key("last_takeover");
  if (history_.empty()) json.null();
  else json.raw(history_.back().json());
  json.key("history").begin_list();
  for (const TakeoverReport& report : history_) json.raw(report.json());
  json.end_list();
}

}  // namespace clickup
