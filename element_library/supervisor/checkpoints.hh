// Writes checkpoints of the running release, one after the other: when asked for, and at an interval.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "shared/causes.hh"
#include "shared/control_socket.hh"
#include "supervisor/checkpoint_task.hh"

namespace clickup {

class EventLog;
class JsonText;

class Checkpoints {
 public:
  Checkpoints(EventLog& log, std::string instance, CheckpointSettings settings);

  const std::string& instance() const { return instance_; }
  const CheckpointSettings& settings() const { return settings_; }
  // Lines as change_settings takes them. Returns an error, empty on success.
  std::string change(std::string_view text);

  // Requests a checkpoint that begins after this call, so after the one being written.
  void ask(std::string reason, ReplyFunction reply);
  // The checkpoint to write now, if one is due and none is being written.
  bool due() const;
  uint64_t due_at() const;  // CLOCK_BOOTTIME ns, 0: when asked for
  void begin(const std::string& release, const std::vector<CheckpointMemory>& tables);
  // Nothing runs that could be written.
  void refuse(Cause cause, const std::string& why);

  void look_after();  // after SIGCHLD, and periodically: checks whether the one being written is done
  void end();         // kills its writer

  void describe(JsonText& json) const;

 private:
  struct Written {
    std::string file, time, reason;
    uint64_t records = 0, bytes = 0, ms = 0;
    std::string json() const;
  };
  void finish();
  void answer(std::vector<ReplyFunction>& replies, const HandlerReply& reply);

  EventLog& log_;
  std::string instance_;
  CheckpointSettings settings_;
  uint64_t last_begin_ = 0;
  std::unique_ptr<CheckpointTask> task_;
  bool asked_ = false;
  std::string asked_reason_;
  std::vector<ReplyFunction> waiting_, served_;  // for the next one, for the one that is being written
  Written last_;
  std::string problem_, reason_;  // of the newest one, when it failed
};

}  // namespace clickup
