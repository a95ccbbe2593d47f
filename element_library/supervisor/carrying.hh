// Carries records between tables of different layouts or sizes: the carrier process, and its reports.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "shared/worker_messages.hh"
#include "supervisor/release.hh"

namespace clickup {

class EventLog;
class Resources;
class Scheduling;

class Carrying {
 public:
  Carrying(EventLog& log, Resources& resources, Scheduling& scheduling)
      : log_(log), resources_(resources), scheduling_(scheduling) {}

  // A takeover or a revert begins: nothing has been carried for it.
  void begin();
  // It is over. Its reports are kept; for the way back to the previous release, carriers may be started again.
  void end() { started_ = 0; }

  WorkerProcess* carrier() const { return carrier_.get(); }  // nullptr: none runs
  std::unique_ptr<WorkerProcess> take_carrier() { return std::move(carrier_); }

  // As many carriers as allowed were started for it.
  bool given_up() const;
  // Starts a carrier, the driver that `knows` names, for the tables of `target`. Returns an error, empty on success.
  std::string start(const Release& knows, const Slot& target, uint32_t turn);
  // Orders it to carry in rounds, beside a forwarding worker or not; or to follow changes slowly.
  void carry(Concurrency concurrency);
  void watch();
  // Orders it to carry the rest and hand over to `next`, or to report that this would exceed the pause.
  void prepare(uint32_t next, Haste haste);

  // Its reports.
  void note_precopied();
  void note(const notices::Rounds& told);
  void note(const notices::Counts& told);
  void note(const notices::Cannot& told);
  // Whether records of any table of this release can be carried.
  bool possible(const Needs& needs) const;

  const Carriage& carriage() const { return carriage_; }
  // What became of the records of each table.
  std::map<std::string, StateReport> fates(const Needs& needs) const;

 private:
  void show_tables(const Needs& needs);
  void show_rings();

  EventLog& log_;
  Resources& resources_;
  Scheduling& scheduling_;
  std::unique_ptr<WorkerProcess> carrier_;
  Carriage carriage_;
  uint32_t started_ = 0;
};

}  // namespace clickup
