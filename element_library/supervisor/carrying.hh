// Carries records between tables of different layouts or sizes: the process that does it, and what it told.
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

  // A takeover or a revert begins: nothing was carried for it.
  void begin();
  // It is over. What was carried stays known; back to the release before it, more carriers may be started.
  void end() { started_ = 0; }

  WorkerProcess* carrier() const { return carrier_.get(); }  // nullptr: none runs
  std::unique_ptr<WorkerProcess> take_carrier() { return std::move(carrier_); }

  // As many as may be were started for it.
  bool given_up() const;
  // Starts a carrier into the tables of `target`, from the driver that `knows` names. Returns an empty string, else why
  // not.
  std::string start(const Release& knows, const Slot& target, uint32_t turn);
  // In rounds, beside a worker that forwards or not; or what changes, at leisure.
  void carry(Company company);
  void watch();
  // For the rest, and to hand over to `next`; or to say that it would not be done within the pause.
  void prepare(uint32_t next, Haste haste);

  // What it told.
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
