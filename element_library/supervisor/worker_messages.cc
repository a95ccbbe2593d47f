// What workers say over their channel.
#include <algorithm>
#include <array>

#include "supervisor/supervisor.hh"
#include "supervisor/table_sources.hh"

namespace clickup {
namespace {
constexpr std::array<std::string_view, 11> kVerbs{"socket",      "table",        "counter",     "ready",
                                                  "failed",      "prepared",     "paused",      "running",
                                                  "ring_mapped", "ring_refused", "ring_changed"};
}  // namespace

void Supervisor::on_message(WorkerProcess& worker, const Message& message) {
  if (carrying_.carrier() == &worker) return on_carrier_message(message);
  std::string_view verb = message.word(0);
  if (verb == "version") return worker.speaks(std::min(kProtocol, unsigned(message.number(1))));
  if (verb == "unknown")
    return log_.add("unknown_order", {{"pid", std::to_string(worker.pid())}, {"order", std::string(message.word(1))}});
  if (std::find(kVerbs.begin(), kVerbs.end(), verb) == kVerbs.end()) {
    worker.channel().send("error version " + std::to_string(kProtocol) + " of the supervisor does not know '" +
                          std::string(verb) + "'");
    return;
  }
  if (verb == "socket" || verb == "table" || verb == "counter") return on_question(worker, message);
  on_progress(worker, message);
}

void Supervisor::on_question(WorkerProcess& worker, const Message& question) {
  if (candidate_ && candidate_->worker.get() == &worker)
    return supplies_.answer(question, *candidate_, {current_, previous_, life_.purpose});
  worker.channel().send("error only a worker that loads is given resources");
}

// Whoever was refused a socket by us says so as its own failure.
void Supervisor::on_failure(const WorkerProcess& worker, const Message& message) {
  bool says_cause = worker.protocol() >= kFirstWithCauses;
  Cause cause = says_cause ? cause_of(message.word(1), Cause::release) : Cause::release;
  if (candidate_->lacks) cause = Cause::device;
  lose_candidate(cause, std::string(message.after(says_cause ? 2 : 1)));
}

void Supervisor::on_progress(WorkerProcess& worker, const Message& message) {
  std::string_view verb = message.word(0);
  if (current_ && current_->worker.get() == &worker) {
    if (verb == "paused") feed(Event::paused);
    if (verb.starts_with("ring_")) ring_offers_.on_message(worker, message);
    return;
  }
  if (!candidate_ || candidate_->worker.get() != &worker) return;
  if (verb == "ready") feed(must_carry(*candidate_) ? Event::ready_to_carry : Event::ready);
  if (verb == "prepared") feed(Event::prepared);
  if (verb == "failed") on_failure(worker, message);
  if (verb != "running") return;
  resources_.page().resumed_ns = message.number(1);
  waiting_ = message.number(2);
  if (WorkerProcess* carrier = carrying_.carrier()) listen(*carrier);  // it spoke before it passed the turn on
  feed(Event::running);
}

}  // namespace clickup
