#include "driver/worker.hh"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "driver/router.hh"
#include "driver/runtime.hh"
#include "driver/spin_guard.hh"
#include "driver/supervised_host.hh"
#include "shared/causes.hh"
#include "shared/shared_page.hh"
#include "shared/time_units.hh"
#include "shared/worker_messages.hh"

namespace clickup {
namespace {

constexpr useconds_t kRestBeforeTurn = 10'000;  // microseconds
constexpr uint32_t kCountedPackets = 4096;      // waiting packets are counted up to this number

// Follows the supervisor's orders between rounds, where no packet is on its way through the graph.
class Worker {
 public:
  Worker(WorkerChannel& channel, SharedPage& page, SupervisedHost& host, Runtime& runtime)
      : channel_(channel), page_(page), host_(host), runtime_(runtime) {}

  int run() {
    runtime_.watch(channel_.fd(), [this] { ordered_ = true; });
    channel_.send(word_of(Notice::ready));
    while (runtime_.round()) {
      if (runtime_.running()) page_.beat.fetch_add(1, std::memory_order_release);  // its writes are done
      if (std::exchange(ordered_, false) && !follow_orders()) break;
      if (runtime_.running()) host_.settle_rings();
    }
    if (runtime_.running()) runtime_.pause();
    return 0;
  }

 private:
  // False: the worker must end.
  bool follow_orders() {
    Message order;
    for (;;) {
      switch (channel_.receive(order)) {
        case WorkerChannel::Result::nothing: return true;
        case WorkerChannel::Result::closed: return false;
        case WorkerChannel::Result::message: break;
      }
      std::optional<Order> verb = verb_of<Order>(order);
      if (verb == Order::exit) return false;
      if (!verb || !follow(*verb, order)) channel_.send(encode(notices::Unknown{{std::string(order.verb())}}));
    }
  }

  // False: it is not for workers, or cannot be read.
  bool follow(Order verb, Message& order) {
    switch (verb) {
      case Order::prepare: return with<orders::PrepareWorker>(order, [this](const auto& given) { take_over(given); });
      case Order::pause: return with<orders::Pause>(order, [this](const auto& given) { give_up(given.next); });
      case Order::resume: go_on(); return true;
      case Order::ring: return with<orders::Ring>(order, [&](const auto& given) { take_ring(given, order); });
      case Order::ring_filled:
        return with<orders::RingFilled>(order, [this](const auto& given) { host_.fill_ring(given.interface); });
      default: return false;
    }
  }

  void take_over(const orders::PrepareWorker& order) {
    turn_ = order.turn;
    host_.map_tables();
    // A process that was just busy waits longest for a contended processor, which must not happen within the pause.
    if (order.concurrency == Concurrency::beside) ::usleep(kRestBeforeTurn);
    channel_.send(word_of(Notice::prepared));
    if (await_turn(page_, turn_, time_to_spin(), kTurnTimeout)) go_on();
  }

  void take_ring(const orders::Ring& ring, Message& order) {
    std::string why = host_.offer_ring(ring, order.descriptors);
    channel_.send(why.empty() ? encode(notices::RingMapped{ring.interface})
                              : encode(notices::RingRefused{ring.interface, {why}}));
  }

  void give_up(uint32_t next) {
    page_.stopped_ns = boot_time_ns();
    uint64_t stopped = page_.stopped_ns;
    runtime_.pause();
    uint32_t waiting = host_.waiting_packets(1);
    hand_over(page_, next);
    channel_.send(encode(notices::Paused{stopped, waiting}));
  }

  void go_on() {
    if (runtime_.running()) return;
    hand_over(page_, turn_);  // after a failed takeover, it still has that worker's number
    host_.find_oldest_frames();
    uint32_t waiting = host_.waiting_packets(kCountedPackets);
    runtime_.resume();
    page_.resumed_ns = boot_time_ns();
    page_.beat.fetch_add(1, std::memory_order_relaxed);
    channel_.send(encode(notices::Running{page_.resumed_ns, waiting}));
  }

  WorkerChannel& channel_;
  SharedPage& page_;
  SupervisedHost& host_;
  Runtime& runtime_;
  uint32_t turn_ = 0;
  bool ordered_ = false;
};

std::string joined(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) text += (text.empty() ? "" : "\n") + diagnostic.text();
  return text;
}

// How a worker says why it cannot start, in the version that it and the supervisor speak.
struct Greeting {
  unsigned protocol = 1;

  int fail(WorkerChannel& channel, Cause cause, const std::string& why) const {
    bool says_cause = protocol >= kFirstWithCauses;
    channel.send(says_cause ? encode(notices::Failed{std::string(cause_word(cause)), {why}})
                            : encode(notices::FailedWithoutCause{{why}}));
    return 1;
  }
};

bool read_text(const char* path, std::string& text) {
  std::ifstream file(path, std::ios::binary);
  text.assign(std::istreambuf_iterator<char>(file), {});
  return file.good() || file.eof();
}

// Beneath which folders the files may lie that configurations name; see support/named_file. Here, because a supervisor
// may be older than the driver.
void confine_files() {
  ::setenv("CLICKUP_READABLE", "/etc/click-up", 0);
  ::setenv("CLICKUP_WRITABLE", "/var/log/click-up", 0);
}

int forward(WorkerChannel& channel, SharedPage& page, int control_listener, const char* config_path,
            Greeting greeting) {
  std::string text;
  if (!read_text(config_path, text))
    return greeting.fail(channel, Cause::release, std::string(config_path) + ": cannot be read");
  confine_files();
  SupervisedHost host(channel, page);
  Diagnostics diagnostics;
  std::unique_ptr<Router> router = Router::build(text, config_path, diagnostics);
  if (!router || !router->initialize(host, diagnostics))
    return greeting.fail(channel, Cause::release, joined(diagnostics));
  Runtime runtime(*router);
  runtime.open_control(control_listener);
  return Worker(channel, page, host, runtime).run();
}

}  // namespace

int run_worker(int channel_fd, const char* config_path) {
  stop_on_signals();
  guard_against_spinning();
  WorkerChannel channel(channel_fd);
  Message welcome;
  SharedPage* page = nullptr;
  bool received = channel.receive(welcome, kWelcomeTimeoutMs) == WorkerChannel::Result::message;
  bool welcomed = received && verb_of<Order>(welcome) == Order::welcome;
  Greeting greeting{welcomed ? greet(channel, welcome) : 1};
  if (!welcomed || welcome.descriptors.size() != 2)
    return greeting.fail(channel, Cause::version, "no welcome on the channel: --worker is for the supervisor only");
  if (std::string why = map_page(welcome.descriptors[0].get(), page); !why.empty())
    return greeting.fail(channel, Cause::version, why);
  int code = forward(channel, *page, welcome.descriptors[1].take(), config_path, greeting);
  unmap_page(page);
  return code;
}

}  // namespace clickup
