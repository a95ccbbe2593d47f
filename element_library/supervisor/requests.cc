// What the reconciler may ask for.
#include "supervisor/share.hh"
#include "supervisor/supervisor.hh"

namespace clickup {

void Supervisor::takeover(std::string_view text, ReplyFunction reply) {
  Release wanted;
  std::string why = read_release(text, wanted);
  if (!why.empty()) return reply({520, "takeover: " + why});
  if (auto known = answers_.find(wanted.attempt); known != answers_.end()) return reply(known->second);
  if (!takeover_replies_.empty() && request_.attempt == wanted.attempt) return takeover_replies_.push_back(reply);
  std::string_view refused = refusal(life_, Event::takeover);
  if (!refused.empty()) return reply({520, "takeover: " + std::string(refused)});
  if (resources_.ring_offer().socket) return reply({520, "takeover: a receive ring is being changed: try again in a moment"});
  if (std::string problem = open_asked(wanted.restore); !problem.empty()) return reply({520, problem});
  log_.add("takeover_requested", {{"attempt", wanted.attempt}, {"release", wanted.release}});
  request_ = std::move(wanted);
  reason_.clear();
  takeover_replies_.push_back(std::move(reply));
  feed(Event::takeover);
}

HandlerReply Supervisor::confirm(std::string_view release) {
  std::string_view refused = refusal(life_, Event::confirm);
  if (!refused.empty()) return {520, "confirm: " + std::string(refused)};
  if (current_->what.release != release)
    return {520, "confirm: release " + current_->what.release + " runs, not '" + std::string(release) + "'"};
  if (!life_.unconfirmed) return {200, {}};
  confirmed_ = release;
  log_.add("confirmed", {{"release", confirmed_}, {"attempt", current_->what.attempt}});
  for (auto report = history_.rbegin(); report != history_.rend(); ++report) {
    if (report->attempt != current_->what.attempt || report->result != "running") continue;
    report->result = "confirmed";
    answers_[report->attempt] = {200, report->json()};
    break;
  }
  feed(Event::confirm);
  return {200, {}};
}

void Supervisor::revert(std::string_view reason, ReplyFunction reply) {
  std::string_view refused = refusal(life_, Event::revert);
  if (!refused.empty()) return reply({520, "revert: " + std::string(refused)});
  reason_ = reason.empty() ? "asked for" : std::string(reason);
  revert_replies_.push_back(std::move(reply));
  feed(Event::revert);
}

HandlerReply Supervisor::change_share(std::string_view settings) {
  std::string why = clickup::change_share(settings, scheduling_, resources_);
  if (!why.empty()) return {520, "share: " + why};
  log_.add("share_changed", {{"settings", std::string(settings)}});
  scheduling_.place(0, Rank::supervisor);
  for (const auto* slot : {&current_, &previous_})
    if (*slot) place((*slot)->worker, Rank::worker);
  return {200, {}};
}

void Supervisor::stop(ReplyFunction reply) {
  stop_replies_.push_back(std::move(reply));
  feed(Event::stop);
}

}  // namespace clickup
