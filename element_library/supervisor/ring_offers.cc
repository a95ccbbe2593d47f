#include "supervisor/ring_offers.hh"

#include "supervisor/event_log.hh"
#include "supervisor/resources.hh"

namespace clickup {
namespace {
constexpr uint64_t kAnswerTimeout = 5'000'000'000;  // ns; a driver of before rings changed does not answer
}

void RingOffers::look(uint64_t now_ns, WorkerProcess& worker) {
  if (!resources_.ring_offer().socket) {
    offered_to_ = 0;
    resources_.begin_ring_change();
  }
  if (!resources_.ring_offer().socket) return;
  if (offered_to_ != worker.turn()) return offer(now_ns, worker);
  if (now_ns >= deadline_) resources_.abandon_ring_change("the driver that runs does not answer");
}

void RingOffers::offer(uint64_t now_ns, WorkerProcess& worker) {
  Resources::RingOffer offer = resources_.ring_offer();
  offered_to_ = worker.turn();
  deadline_ = now_ns + kAnswerTimeout;
  log_.add("ring_offered", {{"interface", offer.interface}, {"frames", std::to_string(offer.socket->frame_count)}});
  int socket = offer.socket->fd.get();
  worker.channel().send("ring " + offer.interface + " " + std::to_string(offer.socket->frame_size) + " " +
                            std::to_string(offer.socket->frame_count),
                        std::span(&socket, 1));
}

void RingOffers::on_message(WorkerProcess& worker, const Message& message) {
  Resources::RingOffer offer = resources_.ring_offer();
  if (!offer.socket || offer.interface != message.word(1)) return;
  if (message.word(0) == "ring_refused") resources_.abandon_ring_change(message.after(2));
  if (message.word(0) == "ring_mapped") {
    resources_.fill_ring();
    if (resources_.ring_offer().filled) worker.channel().send("ring_filled " + offer.interface);
    else resources_.abandon_ring_change("the kernel does not direct frames into it");
  }
  if (message.word(0) == "ring_changed") resources_.settle_ring_change();
}

}  // namespace clickup
