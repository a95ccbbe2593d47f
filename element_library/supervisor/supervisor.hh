// Runs the workers of one network element: starts, replaces, parks, reverts and restarts them, and holds what they
// share.
#pragma once

#include <poll.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/causes.hh"
#include "shared/control_socket.hh"
#include "shared/worker_messages.hh"
#include "supervisor/carrying.hh"
#include "supervisor/checkpoints.hh"
#include "supervisor/event_log.hh"
#include "supervisor/heartbeat.hh"
#include "supervisor/release.hh"
#include "supervisor/resources.hh"
#include "supervisor/restart_backoff.hh"
#include "supervisor/restoring.hh"
#include "supervisor/ring_offers.hh"
#include "supervisor/scheduling.hh"
#include "supervisor/supplies.hh"
#include "supervisor/takeover_machine.hh"
#include "supervisor/takeover_reports.hh"

namespace clickup {

class Supervisor {
 public:
  // `signals` is a signalfd for SIGCHLD, SIGTERM and SIGINT.
  Supervisor(int signals, EventLog& log, Resources& resources, Checkpoints& checkpoints, Scheduling& scheduling);

  // Serves until everything has been stopped.
  void run(ControlSocket& control);

  // The handlers. Replies may come later.
  void takeover(std::string_view request, ReplyFunction reply);
  HandlerReply confirm(std::string_view release);
  void revert(std::string_view reason, ReplyFunction reply);
  void checkpoint(std::string_view reason, ReplyFunction reply);
  HandlerReply change_checkpoints(std::string_view settings);
  // Lines as change_share takes them.
  HandlerReply change_share(std::string_view settings);
  void stop(ReplyFunction reply);
  std::string status();

 private:
  // supervisor.cc: the loop
  void poll_once(ControlSocket* control);
  int sleep_ms() const;
  void read_signals();
  std::vector<WorkerProcess*> workers();
  void serve_worker(WorkerProcess& worker, const std::vector<pollfd>& polled);
  void listen(WorkerProcess& worker);
  void log_output(WorkerProcess& worker);
  void write_checkpoint();

  // deadlines.cc: processes that died, hang or are late
  void collect_dead();
  void collect_carrier();
  void collect_candidate();
  void record_death(Slot& slot, Event event);
  void check_deadlines();
  void check_phase_deadline(uint64_t now);
  void check_pausing(uint64_t now);
  void look_around(uint64_t now);

  // worker_messages.cc: messages of workers
  void on_message(WorkerProcess& worker, const Message& message);
  bool on_notice(WorkerProcess& worker, Notice verb, const Message& message);
  bool on_current_notice(WorkerProcess& worker, Notice verb, const Message& message);
  bool on_candidate_notice(Notice verb, const Message& message);
  void on_failure(const Message& message);
  void on_running(const notices::Running& told);

  // takeover_actions.cc: the transitions carried out
  void feed(Event event);
  void explain(Cause cause, std::string text);
  void lose_candidate(Cause cause, std::string text);
  void check_undone();
  void let_go(std::unique_ptr<WorkerProcess> process);
  void set_phase_deadline();
  void perform(Action action);
  void spawn();
  Concurrency concurrency() const;
  uint32_t next_turn() const;
  void take_previous();
  void prepare();
  void pause_current();
  void grant_turn();
  void resume_current();
  void adopt();
  void dismiss(std::unique_ptr<WorkerProcess> worker);
  void place(const std::unique_ptr<WorkerProcess>& worker, Rank rank);
  void release_unneeded();
  void end_previous();
  void end_all();
  void finish();

  // carried_takeovers.cc: those whose tables get their records from a carrier
  const Release& carrying_release() const;
  void await_progress();
  bool start_carrier(const Release& knows, const Slot& target);
  void carry();
  void carry_back();
  void lose_carrier(const std::string& why);
  bool on_carrier_notice(Notice verb, const Message& message);
  void on_carried();
  void on_uncarried(const notices::Cannot& told);
  void on_behind(const notices::Behind& told);

  // outcomes.cc: reports of outcomes
  TakeoverReport measured();
  void report_success();
  void report_restart();
  void report_failure();
  void report_ended();

  int signals_;
  EventLog& log_;
  Resources& resources_;
  Checkpoints& checkpoints_;
  Scheduling& scheduling_;

  Lifecycle life_;
  std::deque<Event> events_;
  bool feeding_ = false;
  bool finished_ = false;
  std::optional<Slot> current_, previous_, candidate_;
  std::vector<std::unique_ptr<WorkerProcess>> leaving_;  // told to exit
  uint32_t next_turn_ = 1;

  Carrying carrying_{log_, resources_, scheduling_};
  Restoring restoring_{log_, resources_, checkpoints_};
  Supplies supplies_{log_, resources_, restoring_};
  RingOffers ring_offers_{log_, resources_};
  Heartbeat heartbeat_{log_, resources_.page()};
  RestartBackoff backoff_{log_};
  TakeoverReports reports_{log_};

  uint64_t phase_deadline_ = 0, confirm_deadline_ = 0, retry_at_ = 0, next_look_ = 0;  // CLOCK_BOOTTIME ns, 0: none

  Release request_;   // of the takeover under way
  Release reverted_;  // the one that the last revert left
  Reason reason_;     // of the failure or revert at hand
  Reason back_;       // why the release is reverted, however long that takes
  uint64_t drops_before_ = 0, waiting_ = 0;
  bool paused_traffic_ = false;                // this handover interrupted traffic
  std::map<std::string, StateReport> states_;  // fates of tables
  std::vector<ReplyFunction> stop_replies_;
};

}  // namespace clickup
