// Runs the workers of one network element: starts, replaces, parks, reverts and restarts them, and holds what they
// share.
#pragma once

#include <poll.h>

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/causes.hh"
#include "shared/control_socket.hh"
#include "shared/time_units.hh"
#include "supervisor/checkpoint_reader.hh"
#include "supervisor/checkpoints.hh"
#include "supervisor/event_log.hh"
#include "supervisor/release.hh"
#include "supervisor/resources.hh"
#include "supervisor/scheduling.hh"
#include "supervisor/takeover_machine.hh"
#include "supervisor/worker_watch.hh"

namespace clickup {

// The answer to a request: a cause for programs, then the reason for people.
HandlerReply refused(Cause cause, std::string_view why);

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
  void attend(WorkerProcess& worker, const std::vector<pollfd>& polled);
  void listen(WorkerProcess& worker);
  void collect_dead();
  void bury(Slot& slot, Event event);
  void check_deadlines();
  void check_phase_deadline(uint64_t now);
  void check_pausing(uint64_t now);
  void look_around(uint64_t now);
  void check_beat(uint64_t now, const ProcessorTime& time);
  std::vector<WorkerProcess*> workers();
  void log_output(WorkerProcess& worker);

  // worker_messages.cc: what workers say
  void on_message(WorkerProcess& worker, const Message& message);
  std::string give_socket(Slot& slot, const Message& message, int& descriptor);
  std::string give_table(Slot& slot, const Message& message, int& descriptor);
  std::string find_table(const TableKey& key, TableUse& use);
  std::shared_ptr<const TableMemory> memory_of(const TableKey& key) const;
  void on_failure(const WorkerProcess& worker, const Message& message);
  void on_progress(WorkerProcess& worker, const Message& message);

  // takeover_actions.cc: the transitions carried out
  void feed(Event event);
  void explain(Cause cause, std::string reason);
  void lose_candidate(Cause cause, std::string reason);
  void check_undone();
  void set_phase_deadline();
  void perform(Action action);
  void spawn();
  const char* company() const;
  uint32_t next_turn() const;
  void pause_current();
  void grant_turn();
  void resume_current();
  void adopt();
  void dismiss(std::unique_ptr<WorkerProcess> worker);
  void place(const std::unique_ptr<WorkerProcess>& worker, Rank rank);
  void release_unneeded();
  void schedule_retry();
  void end_all();

  // carrying.cc: records between tables of different layouts or sizes
  std::shared_ptr<const TableMemory> source_of(const TableMemory* memory, const std::string& name, bool back) const;
  static bool must_carry(const Slot& slot);
  std::shared_ptr<const TableMemory> live_memory(const std::string& name) const;
  void find_sources(Slot& slot) const;
  const Release& carrying() const;
  void await_progress();
  void carry();
  void carry_back();
  bool start_carrier(const Release& knows, const Slot& target);
  void show_rings();
  void prepare_carrier();
  void give_up_carrying(const Message& message);
  void on_carrier_message(const Message& message);
  void note_uncarried(const std::string& table, std::string_view why);
  void note_carried(const Message& message);
  void lose_carrier(const std::string& why);
  std::map<std::string, StateReport> fates(const Slot& slot) const;

  // restoring.cc: records to and from checkpoints
  struct OpenCheckpoint {
    std::string path;
    CheckpointReader reader;
  };
  void write_checkpoint();
  std::string open_asked(const std::string& path);
  const OpenCheckpoint* asked_checkpoint();
  const OpenCheckpoint* newest_checkpoint();
  std::string restore(const OpenCheckpoint* checkpoint, const TableKey& key, TableUse& use);

  // rings.cc: receive rings of another size
  void change_rings(uint64_t now);
  void offer_ring(uint64_t now);
  void on_ring_message(const Message& message);

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
  void describe_tables(class JsonText& json) const;

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
  std::unique_ptr<WorkerProcess> carrier_;
  std::vector<std::unique_ptr<WorkerProcess>> leaving_;  // told to exit
  uint32_t next_turn_ = 1;

  uint64_t phase_deadline_ = 0, confirm_deadline_ = 0, retry_at_ = 0;  // CLOCK_BOOTTIME ns, 0: none
  uint64_t beat_at_pause_ = 0;
  WorkerWatch watch_;  // of the current worker
  uint64_t next_look_ = 0;
  uint32_t ring_offered_to_ = 0;  // turn of the worker that was offered the ring under way
  uint64_t ring_deadline_ = 0;
  uint32_t deaths_in_a_row_ = 0;

  Release request_;                 // of the takeover under way
  Release reverted_;                // what the last revert went away from
  Cause back_cause_ = Cause::none;  // why the release is taken back, however long that takes
  std::string back_reason_;         // the same for people
  Cause cause_ = Cause::none;       // of the failure or revert at hand
  std::string reason_;              // the same for people
  uint64_t drops_before_ = 0, waiting_ = 0;
  Carriage carriage_;                             // of this takeover or revert
  uint32_t carriers_ = 0;                         // started for it
  std::map<std::string, StateReport> states_;     // what came of tables
  std::optional<OpenCheckpoint> asked_, newest_;  // while a release loads; the newest one without a path: there is none
  bool pause_looked_at_ = false;                  // the pause is overdue, its beat was noted
  bool paused_traffic_ = false;                   // the pause of this handover counts
  std::map<std::string, HandlerReply> answers_;   // by attempt
  std::deque<std::string> answered_;              // attempts, oldest first
  std::vector<ReplyFunction> takeover_replies_, revert_replies_, stop_replies_;

  std::string confirmed_;
  std::deque<TakeoverReport> history_;
  std::string problem_;
  uint64_t takeovers_ = 0, reverts_ = 0, restarts_ = 0;
};

}  // namespace clickup
