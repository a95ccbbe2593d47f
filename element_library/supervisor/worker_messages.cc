// Acts on messages that workers send over their channel.
#include <algorithm>

#include "shared/shared_page.hh"
#include "supervisor/supervisor.hh"
#include "supervisor/table_sources.hh"

namespace clickup {

void Supervisor::on_message(WorkerProcess& worker, const Message& message) {
  std::optional<Notice> verb = verb_of<Notice>(message);
  if (verb && on_notice(worker, *verb, message)) return;
  std::string why = "version " + std::to_string(kProtocol) + " of the supervisor does not know '";
  worker.channel().send(encode(answers::Error{{why + std::string(message.verb()) + "'"}}));
}

// False: it cannot be read.
bool Supervisor::on_notice(WorkerProcess& worker, Notice verb, const Message& message) {
  if (verb == Notice::version)
    return with<notices::Version>(message, [&](auto& told) { worker.speaks(std::min(kProtocol, told.version)); });
  if (verb == Notice::unknown)
    return with<notices::Unknown>(message, [&](auto& told) {
      log_.add("unknown_order", {{"pid", std::to_string(worker.pid())}, {"order", told.verb.text}});
    });
  if (carrying_.carrier() == &worker) return on_carrier_notice(verb, message);
  if (candidate_ && candidate_->worker.get() == &worker) return on_candidate_notice(verb, message);
  if (verb == Notice::socket || verb == Notice::table || verb == Notice::counter)
    worker.channel().send(encode(answers::Error{{"only a worker that loads is given resources"}}));
  if (current_ && current_->worker.get() == &worker) return on_current_notice(worker, verb, message);
  return true;
}

bool Supervisor::on_current_notice(WorkerProcess& worker, Notice verb, const Message& message) {
  switch (verb) {
    case Notice::paused: feed(Event::paused); return true;
    case Notice::ring_mapped:
      return with<notices::RingMapped>(message, [&](auto& told) { ring_offers_.on(told, worker); });
    case Notice::ring_refused: return with<notices::RingRefused>(message, [&](auto& told) { ring_offers_.on(told); });
    case Notice::ring_changed: return with<notices::RingChanged>(message, [&](auto& told) { ring_offers_.on(told); });
    default: return true;
  }
}

bool Supervisor::on_candidate_notice(Notice verb, const Message& message) {
  auto give = [this](const auto& question) { supplies_.give(question, *candidate_); };
  switch (verb) {
    case Notice::socket: return with<notices::Socket>(message, give);
    case Notice::counter: return with<notices::Counter>(message, give);
    case Notice::table:
      return with<notices::Table>(message, [this](auto& question) {
        supplies_.give(question, *candidate_, {current_, previous_, life_.purpose});
      });
    case Notice::ready: feed(must_carry(*candidate_) ? Event::ready_to_carry : Event::ready); return true;
    case Notice::prepared: feed(Event::prepared); return true;
    case Notice::failed: on_failure(message); return true;
    case Notice::running: return with<notices::Running>(message, [this](auto& told) { on_running(told); });
    default: return true;
  }
}

// A worker to which we refused a socket reports that as its own failure.
void Supervisor::on_failure(const Message& message) {
  bool says_cause = candidate_->worker->protocol() >= kFirstWithCauses;
  notices::Failed told{"", parse<notices::FailedWithoutCause>(message)->why};
  if (says_cause) told = parse<notices::Failed>(message).value_or(told);
  lose_candidate(candidate_->lacks ? Cause::device : cause_of(told.cause, Cause::release), told.why.text);
}

void Supervisor::on_running(const notices::Running& told) {
  resources_.page().resumed_ns = told.resumed_ns;
  waiting_ = told.waiting;
  if (WorkerProcess* carrier = carrying_.carrier()) listen(*carrier);  // it sent messages before it passed the turn on
  feed(Event::running);
}

}  // namespace clickup
