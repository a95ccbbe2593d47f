// A child process that writes one checkpoint, at the lowest priority, so that neither worker nor supervisor waits for
// it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "shared/file_descriptor.hh"
#include "supervisor/checkpoint_settings.hh"
#include "supervisor/checkpoint_writer.hh"

namespace clickup {

struct CheckpointMemory {
  std::string name;  // STATE/TABLE
  int fd;            // memfd
};

class CheckpointTask {
 public:
  CheckpointTask(const CheckpointSettings& settings, CheckpointLabel label,
                 const std::vector<CheckpointMemory>& tables);
  ~CheckpointTask();
  CheckpointTask(const CheckpointTask&) = delete;
  CheckpointTask& operator=(const CheckpointTask&) = delete;

  const std::string& reason() const { return reason_; }
  uint64_t began_ns() const { return began_ns_; }      // CLOCK_BOOTTIME
  const std::string& began() const { return began_; }  // time of day

  // True once the process has ended (upon SIGCHLD); failure() and written() then give the outcome.
  bool ended();
  const CheckpointFailure& failure() const { return failure_; }
  const WrittenCheckpoint& written() const { return written_; }
  void kill(const std::string& why);

 private:
  void read_report();

  std::string reason_, began_;
  uint64_t began_ns_;
  pid_t pid_ = -1;
  FileDescriptor report_;
  CheckpointFailure failure_{CheckpointReason::write_failed, "the process that wrote it ended early"};
  WrittenCheckpoint written_;
};

}  // namespace clickup
