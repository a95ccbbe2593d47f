// Reports the outcome of a takeover, a revert or a restart.
#include <utility>

#include "shared/shared_page.hh"
#include "supervisor/refusal.hh"
#include "supervisor/supervisor.hh"

namespace clickup {

TakeoverReport Supervisor::measured() {
  TakeoverReport report;
  const SharedPage& page = resources_.page();
  uint64_t stopped = page.stopped_ns, resumed = page.resumed_ns;
  if (stopped != 0 && resumed > stopped) report.pause_ns = resumed - stopped;
  report.waiting_packets = waiting_;
  uint64_t drops = resources_.count_drops();
  report.dropped_packets = drops > drops_before_ ? drops - drops_before_ : 0;
  report.states = std::move(states_);
  const Carriage& carriage = carrying_.carriage();
  report.precopy_ms = carriage.precopy_ms;
  report.rounds = carriage.rounds;
  report.last_records = carriage.last_records;
  explain(Cause::none, {});
  return report;
}

void Supervisor::report_success() {
  if (life_.purpose == Purpose::restart) return report_restart();
  bool back = life_.purpose == Purpose::revert;
  const Release& what = back ? reverted_ : current_->what;
  TakeoverReport report = measured();
  report.attempt = what.attempt;
  report.release = what.release;
  if (back) {
    report.previous = current_->what.release;
    report.result = "reverted";
    report.reason = back_;
    return reports_.reverted(report);
  }
  report.previous = previous_ ? previous_->what.release : "";
  report.result = "running";
  if (life_.purpose == Purpose::start) report.pause_ns = report.waiting_packets = report.dropped_packets = 0;
  reports_.took_over(report);
}

void Supervisor::report_restart() {
  reports_.restarted();
  TakeoverReport report = measured();
  log_.add("worker_restarted", {{"pid", std::to_string(current_->worker->pid())},
                                {"release", current_->what.release},
                                {"pause_ns", std::to_string(report.pause_ns)},
                                {"waiting_packets", std::to_string(report.waiting_packets)},
                                {"dropped_packets", std::to_string(report.dropped_packets)}});
}

void Supervisor::report_failure() {
  release_unneeded();
  Reason reason = std::exchange(reason_, {});
  if (life_.phase == Phase::backoff && life_.purpose == Purpose::restart && !reports_.awaits_takeover()) {
    backoff_.note_failure();
    log_.add("restart_failed", {{"release", current_->what.release}, {"reason", reason.text}});
    explain(reason.cause, reason.text);
    return;
  }
  if (life_.purpose == Purpose::revert) {
    const std::string& back_to = previous_->what.release;
    backoff_.note_failure();
    log_.add("revert_failed", {{"release", back_to}, {"reason", reason.text}});
    return reports_.answer_reverts(refused(reason.cause, "cannot go back to release " + back_to + ": " + reason.text));
  }
  TakeoverReport report;
  report.attempt = request_.attempt;
  report.release = request_.release;
  report.previous = current_ ? current_->what.release : "";
  report.result = "failed";
  report.reason = reason;
  std::string rest = life_.current_alive ? "; the release before it goes on" : "";
  reports_.failed(report, refused(reason.cause, reason.text + rest));
}

void Supervisor::report_ended() {
  TakeoverReport report;
  report.attempt = current_->what.attempt;
  report.release = current_->what.release;
  report.result = "reverted";
  report.reason = back_;
  explain(Cause::none, {});
  current_.reset();
  release_unneeded();
  reports_.reverted(report);
}

}  // namespace clickup
