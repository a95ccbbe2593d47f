// Runs the workers of one network element: starts, replaces, parks, reverts and restarts them, and holds what they share.
#pragma once

#include <poll.h>

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/control_socket.hh"
#include "supervisor/event_log.hh"
#include "supervisor/release.hh"
#include "supervisor/resources.hh"
#include "supervisor/takeover_machine.hh"

namespace clickup {

class Supervisor {
 public:
  // `signals` is a signalfd for SIGCHLD, SIGTERM and SIGINT.
  Supervisor(int signals, EventLog& log, Resources& resources);

  // Serves until everything has been stopped.
  void run(ControlSocket& control);

  // The handlers. Replies may come later.
  void takeover(std::string_view request, ReplyFunction reply);
  HandlerReply confirm(std::string_view release);
  void revert(std::string_view reason, ReplyFunction reply);
  void stop(ReplyFunction reply);
  std::string status();

 private:
  // supervisor.cc: the loop
  void poll_once(ControlSocket* control);
  int sleep_ms() const;
  void read_signals();
  void attend(WorkerProcess& worker, const std::vector<pollfd>& polled);
  void collect_dead();
  void bury(Slot& slot, Event event);
  void check_deadlines();
  void check_phase_deadline(uint64_t now);
  void check_pausing(uint64_t now);
  void check_beat(uint64_t now);
  std::vector<WorkerProcess*> workers();
  void log_output(WorkerProcess& worker);

  // worker_messages.cc: what workers say
  void on_message(WorkerProcess& worker, const Message& message);
  std::string give_socket(Slot& slot, const Message& message, int& descriptor);
  std::string give_table(Slot& slot, const Message& message, int& descriptor);
  void on_progress(WorkerProcess& worker, const Message& message);

  // takeover_actions.cc: the transitions carried out
  void feed(Event event);
  void lose_candidate(std::string reason);
  void set_phase_deadline();
  void perform(Action action);
  void spawn();
  void pause_current();
  void resume_current();
  void adopt();
  void dismiss(std::unique_ptr<WorkerProcess> worker);
  void release_unneeded();
  void schedule_retry();
  void end_all();

  // reports.cc: what came of it
  void report_success();
  void report_failure();
  void report_ended();
  TakeoverReport measured();
  void report_takeover();
  void report_revert();
  void report_restart();
  void remember(TakeoverReport report);
  void answer_attempt(HandlerReply answer);
  void answer_reverts(const HandlerReply& answer);
  void describe_slot(class JsonText& json, const std::optional<Slot>& slot) const;

  int signals_;
  EventLog& log_;
  Resources& resources_;

  Lifecycle life_;
  std::deque<Event> events_;
  bool feeding_ = false;
  bool finished_ = false;
  std::optional<Slot> current_, previous_, candidate_;
  std::vector<std::unique_ptr<WorkerProcess>> leaving_;  // told to exit
  uint32_t next_turn_ = 1;

  uint64_t phase_deadline_ = 0, confirm_deadline_ = 0, retry_at_ = 0;  // CLOCK_BOOTTIME ns, 0: none
  uint64_t beat_ = 0, beat_moved_at_ = 0, beat_at_pause_ = 0;
  uint32_t beat_still_ = 0;  // looks in a row that found it where it was
  uint32_t deaths_in_a_row_ = 0;

  Release request_;                             // of the takeover under way
  Release reverted_;                            // what the last revert went away from
  std::string reason_;                          // of the failure or revert at hand
  uint64_t drops_before_ = 0, waiting_ = 0;
  bool pause_looked_at_ = false;                // the pause is overdue, its beat was noted
  bool paused_traffic_ = false;                 // the pause of this handover counts
  std::map<std::string, HandlerReply> answers_;  // by attempt
  std::deque<std::string> answered_;             // attempts, oldest first
  std::vector<ReplyFunction> takeover_replies_, revert_replies_, stop_replies_;

  std::string confirmed_;
  std::deque<TakeoverReport> history_;
  std::string problem_;
  uint64_t takeovers_ = 0, reverts_ = 0, restarts_ = 0;
};

}  // namespace clickup
