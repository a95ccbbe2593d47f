// Offers the forwarding worker a receive ring of another size.
#pragma once

#include <cstdint>
#include <string>

#include "shared/worker_messages.hh"
#include "supervisor/worker_process.hh"

namespace clickup {

class EventLog;
class Resources;

class RingOffers {
 public:
  RingOffers(EventLog& log, Resources& resources) : log_(log), resources_(resources) {}

  // Begins a change, offers its ring, or gives up one that was not answered in time. Only while there is no other
  // worker, since that would have mapped the old ring.
  void look(uint64_t now_ns, WorkerProcess& worker);
  // Messages of the worker that was offered the ring.
  void on(const notices::RingMapped& told, WorkerProcess& worker);
  void on(const notices::RingRefused& told);
  void on(const notices::RingChanged& told);

 private:
  void offer(uint64_t now_ns, WorkerProcess& worker);
  bool offered(const std::string& interface) const;

  EventLog& log_;
  Resources& resources_;
  uint32_t offered_to_ = 0;  // turn of the worker that was offered the ring under way
  uint64_t deadline_ = 0;    // CLOCK_BOOTTIME ns
};

}  // namespace clickup
