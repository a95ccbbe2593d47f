#include "driver/carrier.hh"

#include <string>

#include "driver/precopy.hh"
#include "driver/spin_guard.hh"
#include "shared/shared_page.hh"
#include "shared/time_units.hh"

namespace clickup {
namespace {

// Follows the supervisor's orders.
class Carrier {
 public:
  Carrier(WorkerChannel& channel, SharedPage& page) : channel_(channel), page_(page) {}

  int run() {
    Message order;
    while (channel_.receive(order, -1) == WorkerChannel::Result::message) {
      if (order.word(0) == "exit") break;
      if (order.word(0) == "table") add(order);
      if (order.word(0) == "ring") add_ring(order);
      if (order.word(0) == "carry") rings_.begin(boot_time_ns());
      if (order.word(0) == "carry")
        precopy_.begin(order.word(1) == "alone" ? Precopy::Manner::alone : Precopy::Manner::beside);
      if (order.word(0) == "watch") precopy_.begin(Precopy::Manner::watch);
      if (order.word(0) == "prepare") take_turn(order);
    }
    return 0;
  }

 private:
  void add(const Message& order) {
    std::string name(order.word(1));
    if (order.descriptors.size() != 2) return;
    std::string why = tables_.add(name, order.number(2, 16), order.number(3, 16), order.descriptors[0].get(),
                                  order.descriptors[1].get());
    if (!why.empty()) channel_.send("cannot " + name + " " + why);
  }

  // Only to see how full it is: without, records are carried all the same.
  void add_ring(Message& order) {
    for (const PortCursor& port : page_.ports) {
      if (order.descriptors.size() != 1 || !name_is(port.interface, sizeof port.interface, order.word(1))) continue;
      std::string why =
          rings_.add(order.descriptors[0].get(), uint32_t(order.number(2)), uint32_t(order.number(3)), port);
      if (!why.empty()) std::fprintf(stderr, "%s\n", why.c_str());
      return;
    }
  }

  void take_turn(const Message& order) {
    uint32_t turn = uint32_t(order.number(1)), next = uint32_t(order.number(2));
    precopy_.end();
    Precopy::Look look = precopy_.look_again();
    if (order.word(3) == "in_time" && !look.in_time()) return fall_behind(look);
    channel_.send("prepared");
    if (!await_turn(page_, turn, time_to_spin(), kTurnTimeout)) return;
    uint32_t carried = tables_.final_round();
    tell(carried);
    hand_over(page_, next);
    precopy_.turn_round();
  }

  void fall_behind(const Precopy::Look& look) {
    channel_.send("behind " + std::to_string(look.took_ns) + " " + std::to_string(look.carried) + " " +
                  std::to_string(look.holds_ns));
  }

  // Before the turn is passed on, so that nobody who hears of what comes then has not heard of this.
  void tell(uint32_t carried) {
    channel_.send("rounds " + std::to_string(precopy_.rounds()) + " " + std::to_string(carried));
    for (const CarriedTables::Table& table : tables_.tables()) {
      CopyCounts counts = table.copy->counts();
      channel_.send("counts " + table.name + " " + std::to_string(counts.migrated) + " " +
                    std::to_string(counts.expired) + " " + std::to_string(counts.lost));
    }
  }

  WorkerChannel& channel_;
  SharedPage& page_;
  CarriedTables tables_;
  RingGauge rings_;
  Precopy precopy_{tables_, page_, rings_, channel_};
};

int fail(const std::string& why) {
  std::fprintf(stderr, "driver: %s\n", why.c_str());
  return 1;
}

}  // namespace

int run_carrier(int channel_fd) {
  guard_against_spinning();
  WorkerChannel channel(channel_fd);
  Message welcome;
  SharedPage* page = nullptr;
  bool received = channel.receive(welcome, kWelcomeTimeoutMs) == WorkerChannel::Result::message;
  if (!received || welcome.word(0) != "welcome" || welcome.descriptors.size() != 1)
    return fail("no welcome on the channel: --carry is for the supervisor only");
  greet(channel, welcome);
  if (std::string why = map_page(welcome.descriptors[0].get(), page); !why.empty()) return fail(why);
  int code = Carrier(channel, *page).run();
  unmap_page(page);
  return code;
}

}  // namespace clickup
