// What a release that loads is given: sockets, tables with their records, counters.
#pragma once

#include <optional>
#include <string>

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

  // The other releases, which may have what is asked for, and what the one that loads is for.
  struct Others {
    const std::optional<Slot>& current;
    const std::optional<Slot>& previous;
    Purpose purpose;
  };
  // Answers a question of the worker of `candidate`. What it is given is remembered as the need of its release.
  void answer(const Message& question, Slot& candidate, const Others& others);

 private:
  std::string give_socket(const Message& question, Slot& candidate, int& descriptor);
  std::string give_table(const Message& question, Slot& candidate, const Others& others, int& descriptor);
  std::string give_counter(const Message& question);
  std::string find_table(const TableKey& key, const Others& others, TableUse& use);

  EventLog& log_;
  Resources& resources_;
  Restoring& restoring_;
};

}  // namespace clickup
