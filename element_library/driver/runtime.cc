#include "driver/runtime.hh"

#include <sys/socket.h>

#include <csignal>
#include <ctime>

#include <algorithm>

#include "driver/clock.hh"
#include "driver/spin_guard.hh"
#include "shared/control_socket.hh"

namespace clickup {
namespace {

constexpr int64_t kLongestIdle = 100'000'000;    // ns: a worker beats at least this often
constexpr uint64_t kBusyLookInterval = 200'000;  // ns between looks at descriptors while packets move
constexpr uint64_t kLongestRun = 100'000'000;    // ns without a rest, at real-time priority
constexpr int kDrainRounds = 64;
constexpr int kLeastDrainRounds = 4;           // even if others had the processor meanwhile
constexpr uint64_t kDrainTime = 10'000'000;    // ns
constexpr int kLeastLastRounds = 1024;         // likewise
constexpr uint64_t kLastTime = 1'000'000'000;  // ns

volatile sig_atomic_t stop_wanted = 0;

void note_stop(int) { stop_wanted = 1; }

// What empties queues: an element that asks for packets by itself.
bool pulls_by_itself(const Element& element) {
  if (!element.has_task()) return false;
  for (int port = 0; port < element.input_count(); ++port) {
    if (element.input_is_pull(port)) return true;
  }
  return false;
}

// A pending error of a socket (its interface went down) ends every poll at once until it is read.
void take_errors(const std::vector<pollfd>& polled, size_t first, size_t end) {
  for (size_t i = first; i < end; ++i) {
    int error = 0;
    socklen_t size = sizeof error;
    if ((polled[i].revents & POLLERR) != 0) getsockopt(polled[i].fd, SOL_SOCKET, SO_ERROR, &error, &size);
  }
}

}  // namespace

void request_stop() { stop_wanted = 1; }
bool stop_requested() { return stop_wanted != 0; }

void stop_on_signals() {
  struct sigaction action{};
  action.sa_handler = note_stop;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
}

Runtime::Runtime(Router& router) : router_(router), handlers_(router) {
  packet_pool().prepare();
  for (const auto& element : router.elements()) {
    if (element->has_task()) tasks_.push_back(element.get());
    if (pulls_by_itself(*element)) pulling_.insert(element.get());
  }
  read_clock();
}

Runtime::~Runtime() = default;

void Runtime::open_control(int listener_fd) {
  control_ = std::make_unique<ControlSocket>(listener_fd, handlers_);
  control_->set_accepting(running_);
}

void Runtime::watch(int fd, std::function<void()> readable) { watched_.emplace_back(fd, std::move(readable)); }

bool Runtime::round() {
  ++rounds_;
  read_clock();
  if (!running_) {
    look_after_descriptors(kLongestIdle);
    return !stop_requested();
  }
  bool moved = run_tasks();
  moved |= run_timers();
  if (!moved) {
    last_rest_ns_ = now_ns();
    look_after_descriptors(idle_time());
  } else if (now_ns() - last_look_ns_ >= kBusyLookInterval) {
    look_after_descriptors(0);
    if (now_ns() - last_rest_ns_ >= kLongestRun) rest();
  }
  if (!stop_requested()) return true;
  finish();
  return false;
}

void Runtime::rest() {
  rest_if_realtime();
  last_rest_ns_ = now_ns();
}

bool Runtime::run_tasks() {
  bool moved = false;
  for (Element* element : tasks_) moved |= element->run_task();
  return moved;
}

// A timer may have created work for a task, so the next round must not sleep.
bool Runtime::run_timers() {
  bool fired = false;
  uint64_t now = now_ns();
  for (const auto& element : router_.elements()) {
    uint64_t at = element->timer_at();
    if (at == 0 || at > now) continue;
    element->on_timer(now);
    fired = true;
  }
  return fired;
}

// Nanoseconds until something is due. The clock lags by the duration of this round, so we wake late by no more than
// that.
int64_t Runtime::idle_time() const {
  if (stop_requested()) return 0;
  int64_t idle = kLongestIdle;
  for (const auto& element : router_.elements()) {
    uint64_t at = element->timer_at();
    if (at != 0) idle = std::min(idle, at > now_ns() ? int64_t(at - now_ns()) : 0);
  }
  return idle;
}

void Runtime::look_after_descriptors(int64_t timeout_ns) {
  last_look_ns_ = now_ns();
  polled_.clear();
  for (const auto& [fd, readable] : watched_) polled_.push_back({fd, POLLIN, 0});
  if (running_) {
    for (const auto& element : router_.elements()) {
      if (int fd = element->poll_fd(); fd >= 0) polled_.push_back({fd, element->poll_events(), 0});
    }
  }
  size_t elements_end = polled_.size();
  if (control_) control_->add_poll(polled_);
  timespec timeout{timeout_ns / 1'000'000'000, timeout_ns % 1'000'000'000};
  if (ppoll(polled_.data(), polled_.size(), &timeout, nullptr) <= 0) return;
  take_errors(polled_, watched_.size(), elements_end);
  if (control_) control_->serve(polled_);
  for (size_t i = 0; i < watched_.size(); ++i) {
    if (polled_[i].revents != 0) watched_[i].second();
  }
}

void Runtime::resume() {
  if (running_) return;
  read_clock();
  running_ = true;
  for (Element* element : router_.ordered()) element->resume();
  if (control_) control_->set_accepting(true);
}

bool Runtime::drain_round() {
  bool moved = false;
  for (Element* element : router_.ordered())
    moved |= element->drain() || (pulling_.contains(element) && element->run_task());
  read_clock();
  return moved;
}

void Runtime::drain() {
  read_clock();
  uint64_t until = now_ns() + kDrainTime;
  for (int i = 0; i < kDrainRounds && (i < kLeastDrainRounds || now_ns() < until); ++i) {
    if (!drain_round()) return;
  }
}

// Sources do not run any more, so that only a source which is pulled, or a ring of queues, uses up the time.
void Runtime::finish() {
  read_clock();
  uint64_t until = now_ns() + kLastTime;
  for (int i = 0; i < kLeastLastRounds || now_ns() < until; ++i) {
    if (!drain_round()) return;
  }
}

void Runtime::pause() {
  if (!running_) return;
  drain();
  for (auto element = router_.ordered().rbegin(); element != router_.ordered().rend(); ++element) (*element)->pause();
  running_ = false;
  if (control_) {
    control_->set_accepting(false);
    control_->close_clients();
  }
}

}  // namespace clickup
