// A driver process, worker or carrier, which the supervisor starts, communicates with, watches and ends.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "shared/worker_channel.hh"

namespace clickup {

class WorkerProcess {
 public:
  // Runs `driver` with these arguments, with no descriptors but its standard streams and a channel as descriptor 3, in
  // a session of its own; it is killed when the supervisor dies. Returns an error, empty on success.
  static std::string start(const std::string& driver, const std::vector<std::string>& arguments, uint32_t turn,
                           std::unique_ptr<WorkerProcess>& worker);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  pid_t pid() const { return pid_; }
  uint32_t turn() const { return turn_; }  // its number in SharedPage::turn
  WorkerChannel& channel() { return channel_; }
  unsigned protocol() const { return protocol_; }  // spoken with it; 1 until it reports another
  void speaks(unsigned protocol) { protocol_ = protocol; }
  int output_fd() const { return output_.get(); }

  void kill();                    // SIGKILL
  void condemn(std::string why);  // SIGKILL, with the reason that death() then gives
  void ask_to_exit();             // and kill when it is still there at exit_deadline()
  uint64_t exit_deadline() const { return exit_deadline_; }

  // True once the process has ended; death() then says how, in words.
  bool reap();
  bool dead() const { return dead_; }
  std::string death() const;

  // New complete lines of its standard output and error.
  std::vector<std::string> read_output();

 private:
  WorkerProcess(pid_t pid, uint32_t turn, WorkerChannel channel, FileDescriptor output);

  pid_t pid_;
  uint32_t turn_;
  unsigned protocol_ = 1;
  WorkerChannel channel_;
  FileDescriptor output_;
  std::string partial_line_;
  std::string last_line_;
  uint64_t exit_deadline_ = 0;
  bool dead_ = false;
  std::string death_, condemned_;
};

}  // namespace clickup
