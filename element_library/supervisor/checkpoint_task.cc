#include "supervisor/checkpoint_task.hh"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "shared/time_units.hh"
#include "supervisor/event_log.hh"
#include "supervisor/table_view.hh"

namespace clickup {
namespace {

constexpr int kReport = 3;

// Closes inherited descriptors: what a client or worker closes must not stay open until the checkpoint is written.
void close_all_but(int report) {
  if (report != kReport) ::dup2(report, kReport);
#ifdef SYS_close_range
  if (::syscall(SYS_close_range, unsigned(kReport + 1), ~0u, 0u) == 0) return;
#endif
  for (int fd = kReport + 1; fd < 1024; ++fd) ::close(fd);
}

void be_humble() {
  constexpr int kWhoProcess = 1, kBestEffort = 2 << 13, kLowest = 7;  // linux/ioprio.h
  sched_param none{};
  ::sched_setscheduler(0, SCHED_BATCH, &none);
  ::setpriority(PRIO_PROCESS, 0, 19);
  ::syscall(SYS_ioprio_set, kWhoProcess, 0, kBestEffort | kLowest);
}

CheckpointFailure write(const CheckpointSettings& settings, const CheckpointLabel& label,
                        const std::vector<CheckpointMemory>& tables, int report, WrittenCheckpoint& written) {
  std::vector<TableView> views(tables.size());
  std::vector<CheckpointSource> sources;
  for (size_t i = 0; i < tables.size(); ++i) {
    std::string why = views[i].open(tables[i].fd);
    if (!why.empty()) return {CheckpointReason::write_failed, tables[i].name + ": " + why};
    sources.push_back({tables[i].name, views[i].reader()});
  }
  close_all_but(report);
  be_humble();
  CheckpointFailure failure = write_checkpoint(settings.directory, label, sources, kCheckpointRest, written);
  if (!failure) prune_checkpoints(settings.directory, settings.keep);
  return failure;
}

[[noreturn]] void write_and_exit(pid_t supervisor, const CheckpointSettings& settings, const CheckpointLabel& label,
                                 const std::vector<CheckpointMemory>& tables, int report) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != supervisor) ::_exit(0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  WrittenCheckpoint written;
  CheckpointFailure failure = write(settings, label, tables, report, written);
  std::ostringstream said;
  said << int(failure.reason) << ' ' << written.sequence << ' ' << written.records << ' ' << written.bytes << ' '
       << failure.text;
  std::string text = said.str();
  ssize_t count = ::write(kReport, text.data(), text.size());
  ::_exit(count == ssize_t(text.size()) ? 0 : 1);
}

}  // namespace

CheckpointTask::CheckpointTask(const CheckpointSettings& settings, CheckpointLabel label,
                               const std::vector<CheckpointMemory>& tables)
    : reason_(label.reason), began_(iso_time_now()), began_ns_(boot_time_ns()) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    failure_ = checkpoint_failure("cannot start to write a checkpoint: pipe", errno);
    return;
  }
  report_.reset(ends[0]);
  FileDescriptor report(ends[1]);
  ::fcntl(report_.get(), F_SETFL, O_NONBLOCK);
  pid_t supervisor = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) write_and_exit(supervisor, settings, label, tables, report.get());
  if (pid_ < 0) failure_ = checkpoint_failure("cannot start to write a checkpoint: fork", errno);
}

CheckpointTask::~CheckpointTask() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, WNOHANG);  // does not wait: a disk that does not answer may block the child for ever
}

bool CheckpointTask::ended() {
  if (pid_ <= 0) return true;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
  pid_ = -1;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) read_report();
  return true;
}

void CheckpointTask::read_report() {
  char said[4096];  // a pipe holds more
  ssize_t count = ::read(report_.get(), said, sizeof said);
  std::istringstream words(std::string(said, count > 0 ? size_t(count) : 0));
  int reason = 0;
  words >> reason >> written_.sequence >> written_.records >> written_.bytes;
  failure_ = {CheckpointReason(reason), {}};
  std::getline(words >> std::ws, failure_.text);
}

void CheckpointTask::kill(const std::string& why) {
  failure_.text = why;
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

}  // namespace clickup
