#include "driver/carrier.hh"

#include <string>

#include "driver/precopy.hh"
#include "driver/spin_guard.hh"
#include "shared/shared_page.hh"
#include "shared/time_units.hh"
#include "shared/worker_messages.hh"

namespace clickup {
namespace {

// Follows the supervisor's orders.
class Carrier {
 public:
  Carrier(WorkerChannel& channel, SharedPage& page) : channel_(channel), page_(page) {}

  int run() {
    Message order;
    while (channel_.receive(order, -1) == WorkerChannel::Result::message) {
      std::optional<Order> verb = verb_of<Order>(order);
      if (verb == Order::exit) break;
      if (!verb || !follow(*verb, order)) channel_.send(encode(notices::Unknown{{std::string(order.verb())}}));
    }
    return 0;
  }

 private:
  // False: it is not for carriers, or cannot be read.
  bool follow(Order verb, const Message& order) {
    switch (verb) {
      case Order::table: return with<orders::Table>(order, [&](const auto& given) { add(given, order.descriptors); });
      case Order::ring:
        return with<orders::Ring>(order, [&](const auto& given) { add_ring(given, order.descriptors); });
      case Order::carry: return with<orders::Carry>(order, [this](const auto& given) { carry(given.concurrency); });
      case Order::watch: precopy_.begin(Precopy::Manner::watch); return true;
      case Order::prepare: return with<orders::PrepareCarrier>(order, [this](const auto& given) { take_turn(given); });
      default: return false;
    }
  }

  void add(const orders::Table& table, const std::vector<FileDescriptor>& memories) {
    if (memories.size() != 2) return;
    std::string why = tables_.add(table.name, table.from.number, table.to.number, memories[0].get(), memories[1].get());
    if (!why.empty()) channel_.send(encode(notices::Cannot{table.name, {why}}));
  }

  // Only to see how full it is: without it, records are carried all the same.
  void add_ring(const orders::Ring& ring, const std::vector<FileDescriptor>& sockets) {
    for (const PortCursor& port : page_.ports) {
      if (sockets.size() != 1 || !name_is(port.interface, sizeof port.interface, ring.interface)) continue;
      std::string why = rings_.add(sockets[0].get(), ring.frame_size, ring.frame_count, port);
      if (!why.empty()) std::fprintf(stderr, "%s\n", why.c_str());
      return;
    }
  }

  void carry(Concurrency concurrency) {
    rings_.begin(boot_time_ns());
    precopy_.begin(concurrency == Concurrency::alone ? Precopy::Manner::alone : Precopy::Manner::beside);
  }

  void take_turn(const orders::PrepareCarrier& order) {
    precopy_.end();
    Precopy::Look look = precopy_.look_again();
    if (order.haste == Haste::in_time && !look.in_time()) {
      channel_.send(encode(notices::Behind{look.took_ns, look.carried, look.holds_ns}));
      return;
    }
    channel_.send(word_of(Notice::prepared));
    if (!await_turn(page_, order.turn, time_to_spin(), kTurnTimeout)) return;
    uint32_t carried = tables_.final_round();
    tell(carried);
    hand_over(page_, order.next);
    precopy_.turn_round();
  }

  // Sent before the turn is passed on, so that it arrives before any message about what follows.
  void tell(uint32_t carried) {
    channel_.send(encode(notices::Rounds{precopy_.rounds(), carried}));
    for (const CarriedTables::Table& table : tables_.tables()) {
      CopyCounts counts = table.copy->counts();
      channel_.send(encode(notices::Counts{table.name, counts.migrated, counts.expired, counts.lost}));
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
  if (!received || verb_of<Order>(welcome) != Order::welcome || welcome.descriptors.size() != 1)
    return fail("no welcome on the channel: --carry is for the supervisor only");
  greet(channel, welcome);
  if (std::string why = map_page(welcome.descriptors[0].get(), page); !why.empty()) return fail(why);
  int code = Carrier(channel, *page).run();
  unmap_page(page);
  return code;
}

}  // namespace clickup
