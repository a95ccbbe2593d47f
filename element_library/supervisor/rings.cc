// Offers the worker that forwards a receive ring of another size.
#include "supervisor/supervisor.hh"

namespace clickup {
namespace {
constexpr uint64_t kAnswerTimeout = 5'000'000'000;  // ns; a driver of before rings changed does not answer
}

// Only while one worker is all there is: every other one has the ring mapped that would be given up.
void Supervisor::change_rings(uint64_t now) {
  bool alone =
      life_.phase == Phase::steady && life_.current_alive && !candidate_ && !previous_ && !carrier_ && leaving_.empty();
  if (!alone) return;
  if (!resources_.ring_offer().socket) {
    ring_offered_to_ = 0;
    resources_.begin_ring_change();
  }
  if (!resources_.ring_offer().socket) return;
  if (ring_offered_to_ != current_->worker->turn()) return offer_ring(now);
  if (now >= ring_deadline_) resources_.abandon_ring_change("the driver that runs does not answer");
}

void Supervisor::offer_ring(uint64_t now) {
  Resources::RingOffer offer = resources_.ring_offer();
  ring_offered_to_ = current_->worker->turn();
  ring_deadline_ = now + kAnswerTimeout;
  log_.add("ring_offered", {{"interface", offer.interface}, {"frames", std::to_string(offer.socket->frame_count)}});
  int socket = offer.socket->fd.get();
  current_->worker->channel().send("ring " + offer.interface + " " + std::to_string(offer.socket->frame_size) + " " +
                                       std::to_string(offer.socket->frame_count),
                                   std::span(&socket, 1));
}

void Supervisor::on_ring_message(const Message& message) {
  Resources::RingOffer offer = resources_.ring_offer();
  if (!offer.socket || offer.interface != message.word(1)) return;
  if (message.word(0) == "ring_refused") resources_.abandon_ring_change(message.after(2));
  if (message.word(0) == "ring_mapped") {
    resources_.fill_ring();
    if (resources_.ring_offer().filled) current_->worker->channel().send("ring_filled " + offer.interface);
    else resources_.abandon_ring_change("the kernel does not direct frames into it");
  }
  if (message.word(0) == "ring_changed") resources_.settle_ring_change();
}

}  // namespace clickup
