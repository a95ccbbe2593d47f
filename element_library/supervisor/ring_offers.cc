#include "supervisor/ring_offers.hh"

#include "supervisor/event_log.hh"
#include "supervisor/resources.hh"

namespace clickup {
namespace {
constexpr uint64_t kAnswerTimeout = 5'000'000'000;  // ns; drivers from before rings could be replaced do not answer
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
  worker.channel().send(encode(orders::Ring{offer.interface, offer.socket->frame_size, offer.socket->frame_count}),
                        std::span(&socket, 1));
}

bool RingOffers::offered(const std::string& interface) const {
  Resources::RingOffer offer = resources_.ring_offer();
  return offer.socket && offer.interface == interface;
}

void RingOffers::on(const notices::RingMapped& told, WorkerProcess& worker) {
  if (!offered(told.interface)) return;
  resources_.fill_ring();
  if (resources_.ring_offer().filled) worker.channel().send(encode(orders::RingFilled{told.interface}));
  else resources_.abandon_ring_change("the kernel does not direct frames into it");
}

void RingOffers::on(const notices::RingRefused& told) {
  if (offered(told.interface)) resources_.abandon_ring_change(told.why.text);
}

void RingOffers::on(const notices::RingChanged& told) {
  if (offered(told.interface)) resources_.settle_ring_change();
}

}  // namespace clickup
