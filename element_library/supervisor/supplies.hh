// Provides what a loading release asks for: sockets, tables with their records, counters.
#pragma once

#include <optional>
#include <string>

#include "shared/worker_messages.hh"
#include "supervisor/release.hh"
#include "supervisor/takeover_machine.hh"

namespace clickup {

class EventLog;
class Resources;
class Restoring;

class Supplies {
 public:
  Supplies(EventLog& log, Resources& resources, Restoring& restoring)
      : log_(log), resources_(resources), restoring_(restoring) {}

  // The other releases, which may have what is asked for, and the purpose of the loading one.
  struct Others {
    const std::optional<Slot>& current;
    const std::optional<Slot>& previous;
    Purpose purpose;
  };
  // Answer a question of the worker of `candidate`. What it gets is recorded as a need of its release.
  void give(const notices::Socket& question, Slot& candidate);
  void give(const notices::Table& question, Slot& candidate, const Others& others);
  void give(const notices::Counter& question, Slot& candidate);

 private:
  std::string find_table(const TableKey& key, const Others& others, TableUse& use);

  EventLog& log_;
  Resources& resources_;
  Restoring& restoring_;
};

}  // namespace clickup
