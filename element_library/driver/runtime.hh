// The scheduling loop of a worker: tasks, timers, file descriptors and handlers, in one thread.
#pragma once

#include <poll.h>

#include <functional>
#include <memory>
#include <unordered_set>
#include <vector>

#include "driver/handlers.hh"
#include "driver/router.hh"

namespace clickup {

class ControlSocket;

class Runtime {
 public:
  explicit Runtime(Router& router);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Answers handlers on a listening UNIX socket, which it takes over. Clients are accepted while running only: those of
  // a paused worker are closed, so that they come back to the one that forwards.
  void open_control(int listener_fd);
  // A descriptor of the caller (the supervisor's channel): when it can be read, `readable` runs within round().
  void watch(int fd, std::function<void()> readable);

  // One round: every task once, due timers, then descriptors; sleeps at most 100 ms, and only when nothing moved.
  // While paused it only serves the descriptors. False once the worker must end; then all that was under way has gone
  // where it goes, unless that takes longer than a second.
  bool round();

  void resume();  // elements forward from the next round on; no effect on a running worker
  void drain();   // empties queues: at most 64 rounds, or 4 once 10 ms have passed
  void pause();   // at a batch boundary: drains, then pauses every element
  bool running() const { return running_; }
  uint64_t rounds() const { return rounds_; }

 private:
  bool run_tasks();
  bool drain_round();
  void finish();
  bool run_timers();
  void look_after_descriptors(int64_t timeout_ns);
  int64_t idle_time() const;
  void rest();

  Router& router_;
  RouterHandlers handlers_;
  std::vector<Element*> tasks_;
  std::unordered_set<const Element*> pulling_;  // tasks that pull
  std::unique_ptr<ControlSocket> control_;
  std::vector<std::pair<int, std::function<void()>>> watched_;
  std::vector<pollfd> polled_;
  bool running_ = false;
  uint64_t rounds_ = 0;
  uint64_t last_look_ns_ = 0, last_rest_ns_ = 0;
};

// True once request_stop() was called or SIGTERM or SIGINT arrived.
bool stop_requested();
// Makes SIGTERM and SIGINT end the worker after its round, and SIGPIPE harmless.
void stop_on_signals();

}  // namespace clickup
