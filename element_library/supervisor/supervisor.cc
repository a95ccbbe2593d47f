#include "supervisor/supervisor.hh"

#include <signal.h>
#include <sys/signalfd.h>

#include <algorithm>

#include "shared/time_units.hh"

namespace clickup {
namespace {
constexpr uint64_t kLongestSleep = 200 * kMillisecond;
}  // namespace

Supervisor::Supervisor(int signals, EventLog& log, Resources& resources, Checkpoints& checkpoints,
                       Scheduling& scheduling)
    : signals_(signals), log_(log), resources_(resources), checkpoints_(checkpoints), scheduling_(scheduling) {}

void Supervisor::run(ControlSocket& control) {
  while (!finished_) poll_once(&control);
  uint64_t deadline = boot_time_ns() + 500 * kMillisecond;  // for the answer to `stop`
  while (!control.flushed() && boot_time_ns() < deadline) poll_once(&control);
}

void Supervisor::poll_once(ControlSocket* control) {
  std::vector<pollfd> polled{{signals_, POLLIN, 0}};
  for (WorkerProcess* worker : workers()) {
    polled.push_back({worker->channel().fd(), POLLIN, 0});
    polled.push_back({worker->output_fd(), POLLIN, 0});
  }
  control->add_poll(polled);
  if (::poll(polled.data(), polled.size(), sleep_ms()) > 0) {
    for (WorkerProcess* worker : workers()) serve_worker(*worker, polled);
    if (polled[0].revents) read_signals();
    control->serve(polled);
  }
  collect_dead();
  check_deadlines();
  checkpoints_.look_after();
  if (checkpoints_.due()) write_checkpoint();
}

int Supervisor::sleep_ms() const {
  uint64_t now = boot_time_ns(), until = now + kLongestSleep;
  for (uint64_t deadline : {phase_deadline_, confirm_deadline_, retry_at_, checkpoints_.due_at()})
    if (deadline) until = std::min(until, std::max(deadline, now));
  return int((until - now + kMillisecond - 1) / kMillisecond);
}

std::vector<WorkerProcess*> Supervisor::workers() {
  std::vector<WorkerProcess*> all;
  for (auto* slot : {&candidate_, &current_, &previous_})
    if (*slot && (*slot)->worker) all.push_back((*slot)->worker.get());
  if (WorkerProcess* carrier = carrying_.carrier()) all.push_back(carrier);
  for (const auto& worker : leaving_) all.push_back(worker.get());
  return all;
}

void Supervisor::serve_worker(WorkerProcess& worker, const std::vector<pollfd>& polled) {
  auto ready = [&polled](int fd) {
    return fd >= 0 &&
           std::any_of(polled.begin(), polled.end(), [fd](const pollfd& p) { return p.fd == fd && p.revents; });
  };
  if (ready(worker.output_fd())) log_output(worker);
  if (ready(worker.channel().fd())) listen(worker);
}

void Supervisor::listen(WorkerProcess& worker) {
  Message message;
  for (;;) {
    auto result = worker.channel().receive(message);
    if (result == WorkerChannel::Result::nothing) return;
    if (result == WorkerChannel::Result::closed) {
      worker.channel().close();
      return worker.kill();  // it cannot be reached any more; most often it is already dead
    }
    on_message(worker, message);
  }
}

void Supervisor::log_output(WorkerProcess& worker) {
  for (const std::string& line : worker.read_output())
    log_.add("output", {{"pid", std::to_string(worker.pid())}, {"text", line}});
}

void Supervisor::read_signals() {
  signalfd_siginfo signal;
  while (::read(signals_, &signal, sizeof signal) == sizeof signal)
    if (signal.ssi_signo == SIGTERM || signal.ssi_signo == SIGINT) feed(Event::stop);
}

void Supervisor::write_checkpoint() {
  if (!current_) return checkpoints_.refuse(Cause::busy, "no release runs any more whose state could be written");
  std::vector<CheckpointMemory> tables;
  for (const auto& [name, use] : current_->needs.tables) tables.push_back({name, use.memory->fd()});
  // The checkpoints of earlier releases stay on disk.
  if (tables.empty()) return checkpoints_.refuse(Cause::release, "the release that runs has no tables");
  checkpoints_.begin(current_->what.release, tables);
}

}  // namespace clickup
