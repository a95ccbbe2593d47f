// Requests of the reconciler.
#include "supervisor/refusal.hh"
#include "supervisor/share.hh"
#include "supervisor/supervisor.hh"

namespace clickup {

void Supervisor::takeover(std::string_view text, ReplyFunction reply) {
  Release wanted;
  std::string why = read_release(text, wanted);
  if (!why.empty()) return reply(refused(Cause::request, why));
  if (const HandlerReply* known = reports_.answer_to(wanted.attempt)) return reply(*known);
  if (reports_.awaits(wanted.attempt)) return reports_.await_takeover(wanted.attempt, std::move(reply));
  std::string_view why_not = refusal(life_, Event::takeover);
  if (!why_not.empty()) return reply(refused(Cause::busy, why_not));
  if (resources_.ring_offer().socket)
    return reply(refused(Cause::busy, "a receive ring is being changed: try again in a moment"));
  if (std::string problem = restoring_.name(wanted.restore); !problem.empty())
    return reply(refused(Cause::state, problem));
  log_.add("takeover_requested", {{"attempt", wanted.attempt}, {"release", wanted.release}});
  request_ = std::move(wanted);
  explain(Cause::none, {});
  reports_.await_takeover(request_.attempt, std::move(reply));
  feed(Event::takeover);
}

HandlerReply Supervisor::confirm(std::string_view release) {
  std::string_view why_not = refusal(life_, Event::confirm);
  if (!why_not.empty()) return refused(Cause::busy, why_not);
  if (current_->what.release != release)
    return refused(Cause::request, "release " + current_->what.release + " runs, not '" + std::string(release) + "'");
  if (!life_.unconfirmed) return {200, {}};
  reports_.confirm(current_->what);
  feed(Event::confirm);
  return {200, {}};
}

void Supervisor::revert(std::string_view reason, ReplyFunction reply) {
  std::string_view why_not = refusal(life_, Event::revert);
  if (!why_not.empty()) return reply(refused(Cause::busy, why_not));
  explain(Cause::asked, reason.empty() ? "asked for" : std::string(reason));
  reports_.await_revert(std::move(reply));
  feed(Event::revert);
}

void Supervisor::checkpoint(std::string_view reason, ReplyFunction reply) {
  if (!current_ || life_.phase == Phase::stopping)
    return reply(refused(Cause::busy, "checkpoint: no release runs whose state could be written"));
  checkpoints_.ask(reason.empty() ? "asked for" : std::string(reason), std::move(reply));
}

HandlerReply Supervisor::change_checkpoints(std::string_view settings) {
  std::string why = checkpoints_.change(settings);
  if (!why.empty()) return refused(Cause::request, "checkpoints: " + why);
  return {200, {}};
}

HandlerReply Supervisor::change_share(std::string_view settings) {
  std::string why = clickup::change_share(settings, scheduling_, resources_);
  if (!why.empty()) return refused(Cause::request, why);
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
