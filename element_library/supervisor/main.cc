// supervisor --directory DIR [OPTION VALUE]...: serves in the foreground until told to stop.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "supervisor/handlers.hh"
#include "supervisor/share.hh"

namespace clickup {
namespace {

struct Options {
  std::string directory, netns, name;
  std::string checkpoints, share;  // settings, as the handlers take them
};

constexpr const char* kUsage =
    "usage: supervisor --directory DIR [--netns PATH] [--name INSTANCE]\n"
    "                  [--checkpoints DIR] [--checkpoint-interval MS] [--checkpoint-keep N]\n"
    "                  [--priority PRIORITY] [--cores N,N,...] [--ring-memory BYTES]\n"
    "  --directory gets supervisor.sock, control.sock, log.jsonl and supervisor.pid\n"
    "  --netns is a network namespace: /run/netns/NAME, /proc/PID/ns/net or just NAME\n"
    "  --checkpoints gets the state of what runs, every MS milliseconds (0: when asked for); the newest N stay (5)\n"
    "  --priority is best (what is allowed), realtime, high or normal; workers run on --cores (all)\n"
    "  --ring-memory is what the receive ring of an interface may take\n";

std::string because(const std::string& what) { return what + ": " + std::strerror(errno); }

struct Setting {
  const char* option;
  const char* key;
  std::string Options::* settings;
};
constexpr Setting kSettings[] = {
    {"--checkpoints", "directory", &Options::checkpoints},
    {"--checkpoint-interval", "interval_ms", &Options::checkpoints},
    {"--checkpoint-keep", "keep", &Options::checkpoints},
    {"--priority", "priority", &Options::share},
    {"--cores", "cores", &Options::share},
    {"--ring-memory", "ring_memory", &Options::share},
};

bool add_setting(const std::string& option, const std::string& value, Options& options) {
  for (const Setting& setting : kSettings) {
    if (option != setting.option) continue;
    options.*setting.settings += std::string(setting.key) + "=" + value + "\n";
    return true;
  }
  return false;
}

bool read_options(int count, char** arguments, Options& options) {
  for (int i = 1; i + 1 < count; i += 2) {
    std::string option = arguments[i];
    std::string* target = option == "--directory" ? &options.directory
                          : option == "--netns"   ? &options.netns
                          : option == "--name"    ? &options.name
                                                  : nullptr;
    if (target) *target = arguments[i + 1];
    else if (!add_setting(option, arguments[i + 1], options)) return false;
  }
  return count % 2 == 1 && !options.directory.empty();
}

std::string enter_namespace(const std::string& given) {
  if (given.empty()) return {};
  std::string path = given.find('/') == std::string::npos ? "/run/netns/" + given : given;
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return because("cannot open the network namespace '" + path + "'");
  if (::setns(fd.get(), CLONE_NEWNET) != 0)
    return because("cannot enter the network namespace '" + path + "' (CAP_SYS_ADMIN is needed)");
  return {};
}

// One supervisor per directory. The lock ends with the process in any case: unlike that of flock(2), it is not shared
// with a child that writes a checkpoint and may die a moment later.
std::string lock_directory(const std::string& directory, FileDescriptor& lock) {
  if (::chdir(directory.c_str()) != 0) return because("cannot enter the directory '" + directory + "'");
  lock.reset(::open("supervisor.pid", O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!lock) return because("cannot write '" + directory + "/supervisor.pid'");
  char other[32] = {};
  struct flock whole{};
  whole.l_type = F_WRLCK;
  if (::fcntl(lock.get(), F_SETLK, &whole) != 0) {
    if (::read(lock.get(), other, sizeof other - 1) < 0) other[0] = 0;
    other[std::strcspn(other, "\n")] = 0;
    return "another supervisor (process " + std::string(other) + ") works in '" + directory +
           "': stop it first (write handler `stop` on supervisor.sock, or SIGTERM), or choose another directory";
  }
  std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.get(), 0) != 0 || ::write(lock.get(), pid.data(), pid.size()) < 0)
    return because("cannot write '" + directory + "/supervisor.pid'");
  return {};
}

int open_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (int number : {SIGCHLD, SIGTERM, SIGINT}) ::sigaddset(&signals, number);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  return ::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

std::string supervise(const Options& options) {
  FileDescriptor lock, listener, signals(open_signals());
  EventLog log;
  Resources resources(log);
  CheckpointSettings settings;
  Scheduling scheduling;
  if (std::string why = change_settings(options.checkpoints, settings); !why.empty()) return "checkpoints: " + why;
  if (std::string why = change_share(options.share, scheduling, resources); !why.empty()) return "share: " + why;
  if (std::string why = lock_directory(options.directory, lock); !why.empty()) return why;
  if (std::string why = log.open("log.jsonl"); !why.empty()) return why;
  if (std::string why = enter_namespace(options.netns); !why.empty()) return why;
  // The directory is ours now: anything that still answers there is a dying worker of a dead supervisor.
  for (const char* path : {"supervisor.sock", "control.sock"}) ::unlink(path);
  if (std::string why = resources.open("control.sock", "offloads"); !why.empty()) return why;
  if (std::string why = listen_unix("supervisor.sock", listener); !why.empty()) return why;
  log.add("started", {{"pid", std::to_string(::getpid())}, {"name", options.name}, {"netns", options.netns}});
  Checkpoints checkpoints(log, options.name, settings);
  Supervisor supervisor(signals.get(), log, resources, checkpoints, scheduling);
  scheduling.place(0, Rank::supervisor);
  SupervisorHandlers handlers(supervisor, log);
  ControlSocket control(listener.take(), handlers);
  supervisor.run(control);
  for (const char* path : {"supervisor.sock", "control.sock", "supervisor.pid"}) ::unlink(path);
  return {};
}

}  // namespace
}  // namespace clickup

int main(int count, char** arguments) {
  clickup::Options options;
  if (!clickup::read_options(count, arguments, options)) {
    std::fputs(clickup::kUsage, stderr);
    return 2;
  }
  std::string why = clickup::supervise(options);
  if (!why.empty()) std::fprintf(stderr, "supervisor: %s\n", why.c_str());
  return why.empty() ? 0 : 1;
}
