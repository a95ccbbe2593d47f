#include "supervisor/worker_process.hh"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "shared/time_units.hh"
#include "shared/worker_messages.hh"

namespace clickup {
namespace {

constexpr uint64_t kExitGrace = 1'000'000'000;
constexpr size_t kMaxLine = 4096;
// Microseconds at real-time priority without a rest before SIGXCPU, and SIGKILL later. The supervisor acts sooner.
constexpr rlimit kLongestRun{2'500'000, 10'000'000};

[[noreturn]] void fail(const char* what, const char* driver) {
  int reason = errno;
  ::dprintf(2, "cannot run the driver '%s': %s: %s\n", driver, what, std::strerror(reason));
  ::_exit(127);
}

// In the child, between fork and exec: system calls only.
[[noreturn]] void become_worker(pid_t supervisor, int channel, int output, const char* const* words) {
  const char* driver = words[0];
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != supervisor) ::_exit(0);  // the supervisor died before prctl
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGHUP, SIG_DFL);
  ::setsid();
  ::setrlimit(RLIMIT_RTTIME, &kLongestRun);
  int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing < 0 || ::dup2(output, 2) < 0 || ::dup2(nothing, 0) < 0 || ::dup2(2, 1) < 0) ::_exit(127);
  if (channel == 3) ::fcntl(3, F_SETFD, 0);
  if (channel != 3 && ::dup2(channel, 3) < 0) fail("dup2", driver);
#ifdef SYS_close_range  // everything is close-on-exec anyway
  ::syscall(SYS_close_range, 4u, ~0u, 0u);
#endif
  ::execv(driver, const_cast<char**>(words));
  fail("exec", driver);
}

std::string describe_death(int status) {
  if (WIFEXITED(status)) return "exited with code " + std::to_string(WEXITSTATUS(status));
  std::string name = ::strsignal(WTERMSIG(status));
  return "killed by signal " + std::to_string(WTERMSIG(status)) + " (" + name + ")";
}

}  // namespace

std::string WorkerProcess::start(const std::string& driver, const std::vector<std::string>& arguments, uint32_t turn,
                                 std::unique_ptr<WorkerProcess>& worker) {
  WorkerChannel ours, theirs;
  if (std::string why = WorkerChannel::pair(ours, theirs); !why.empty()) return why;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
    return std::string("cannot start a worker: pipe: ") + std::strerror(errno);
  // The worker's end does not block either: when its messages are not read, it loses messages, never packets.
  FileDescriptor output(ends[0]), input(ends[1]);
  std::vector<const char*> words{driver.c_str()};
  for (const std::string& argument : arguments) words.push_back(argument.c_str());
  words.push_back(nullptr);
  pid_t supervisor = ::getpid();
  pid_t pid = ::fork();
  if (pid == 0) become_worker(supervisor, theirs.fd(), input.get(), words.data());
  if (pid < 0) return std::string("cannot start a worker: fork: ") + std::strerror(errno);
  worker.reset(new WorkerProcess(pid, turn, std::move(ours), std::move(output)));
  return {};
}

WorkerProcess::WorkerProcess(pid_t pid, uint32_t turn, WorkerChannel channel, FileDescriptor output)
    : pid_(pid), turn_(turn), channel_(std::move(channel)), output_(std::move(output)) {}

WorkerProcess::~WorkerProcess() {
  if (dead_) return;
  kill();
  int status;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
}

void WorkerProcess::kill() {
  if (!dead_) ::kill(pid_, SIGKILL);
}

void WorkerProcess::condemn(std::string why) {
  condemned_ = std::move(why);
  kill();
}

void WorkerProcess::ask_to_exit() {
  exit_deadline_ = boot_time_ns() + kExitGrace;
  if (!channel_.send(word_of(Order::exit))) kill();
}

bool WorkerProcess::reap() {
  int status = 0;
  if (dead_ || ::waitpid(pid_, &status, WNOHANG) != pid_) return dead_;
  dead_ = true;
  death_ = condemned_.empty() ? describe_death(status) : condemned_ + " and was killed";
  return true;
}

std::string WorkerProcess::death() const {
  return last_line_.empty() ? death_ : death_ + "; its last words: " + last_line_;
}

std::vector<std::string> WorkerProcess::read_output() {
  std::vector<std::string> lines;
  char chunk[4096];
  ssize_t count;
  while ((count = ::read(output_.get(), chunk, sizeof chunk)) > 0) {
    partial_line_.append(chunk, size_t(count));
    for (size_t end; (end = partial_line_.find('\n')) != std::string::npos || partial_line_.size() > kMaxLine;) {
      lines.push_back(partial_line_.substr(0, std::min(end, kMaxLine)));
      partial_line_.erase(0, end == std::string::npos ? kMaxLine : end + 1);
    }
  }
  if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) output_.reset();
  if (!lines.empty()) last_line_ = lines.back();
  return lines;
}

}  // namespace clickup
