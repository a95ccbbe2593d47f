// Replaces receive rings while frames arrive.
#include <cstring>

#include "shared/time_units.hh"
#include "supervisor/event_log.hh"
#include "supervisor/resources.hh"

namespace clickup {
namespace {
constexpr uint64_t kTryAgain = 60'000'000'000;  // ns: memory may be free then, or another driver run
}

Resources::RingOffer Resources::ring_offer() const {
  for (const auto& known : interfaces_)
    if (known->next) return {known->name, &known->next->socket, known->next->filled};
  return {};
}

void Resources::begin_ring_change() {
  for (const auto& known : interfaces_) {
    LinkFacts link = link_facts(known->name);
    RingSize size = ring_size({link.megabits, known->watch.peak_rate(), link.mtu, link.frame_bytes}, ring_memory_);
    if (!wants_change(*known, link, size)) continue;
    known->asked_bytes = size.bytes;
    known->asked_frame_bytes = link.frame_bytes;
    known->asked_at = boot_time_ns();
    return begin_change(*known, size);
  }
}

bool Resources::wants_change(const Interface& interface, const LinkFacts& link, const RingSize& size) const {
  const RingSocket& ring = interface.socket;
  if (ring.group < 0) return false;
  bool tried = interface.asked_bytes == size.bytes && interface.asked_frame_bytes == link.frame_bytes;
  if (tried && boot_time_ns() - interface.asked_at < kTryAgain) return false;
  uint64_t bytes = uint64_t(ring.frame_size) * ring.frame_count;
  return link.frame_bytes != ring.frame_size || size.bytes > bytes / 4 * 5 || bytes > ring_memory_;
}

void Resources::begin_change(Interface& interface, const RingSize& size) {
  Successor next{{}, cursor(successor_name(interface.name)), size.bound};
  std::string why = next.cursor ? open_successor(interface.name, interface.socket, next.socket, size.bytes)
                                : "all cursors are in use";
  if (!why.empty()) {
    if (next.cursor) std::memset(static_cast<void*>(next.cursor), 0, sizeof *next.cursor);
    log_.add("ring_not_changed", {{"interface", interface.name}, {"reason", why}});
    return;
  }
  clickup::queue_long_frames(next.socket, long_frames_);
  interface.next = std::move(next);
}

void Resources::queue_long_frames(bool taken) {
  long_frames_ = taken;
  for (const auto& known : interfaces_) {
    clickup::queue_long_frames(known->socket, taken);
    if (known->next) clickup::queue_long_frames(known->next->socket, taken);
  }
}

void Resources::fill_ring() {
  for (const auto& known : interfaces_)
    if (known->next && !known->next->filled) known->next->filled = direct_frames(known->socket, Member::second);
}

void Resources::settle_ring_change() {
  for (const auto& known : interfaces_) {
    if (!known->next || !succeeded(*known->cursor)) continue;
    log_.add("ring_changed", {{"interface", known->name},
                              {"frames_before", std::to_string(known->socket.frame_count)},
                              {"frames", std::to_string(known->next->socket.frame_count)},
                              {"frame_bytes", std::to_string(known->next->socket.frame_size)},
                              {"bound", std::string(bound_word(known->next->bound))}});
    count_drops();
    std::memset(static_cast<void*>(known->cursor), 0, sizeof *known->cursor);
    known->cursor = known->next->cursor;
    store_name(known->cursor->interface, sizeof known->cursor->interface, known->name);
    known->socket = std::move(known->next->socket);  // the old one leaves the group
    known->bound = known->next->bound;
    known->next.reset();
    direct_frames(known->socket, Member::first);
  }
}

void Resources::abandon_ring_change(std::string_view refusal) {
  for (const auto& known : interfaces_) {
    if (!known->next || known->next->filled) continue;
    if (refusal.empty()) known->asked_bytes = 0;  // nobody refused it
    else log_.add("ring_not_changed", {{"interface", known->name}, {"reason", std::string(refusal)}});
    std::memset(static_cast<void*>(known->next->cursor), 0, sizeof *known->next->cursor);
    known->next.reset();
  }
}

}  // namespace clickup
