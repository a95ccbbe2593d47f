// Records for the tables of a release that loads, from checkpoints: the one that a takeover names, and the newest.
#pragma once

#include <optional>
#include <string>

#include "supervisor/checkpoint_reader.hh"
#include "supervisor/release.hh"

namespace clickup {

class Checkpoints;
class EventLog;
class Resources;

class Restoring {
 public:
  Restoring(EventLog& log, Resources& resources, const Checkpoints& checkpoints)
      : log_(log), resources_(resources), checkpoints_(checkpoints) {}

  // Opens and verifies the checkpoint that a takeover names; an empty path names none. Returns why it cannot be used,
  // empty on success.
  std::string name(const std::string& path);
  // Another release loads: searches for the newest checkpoint again.
  void begin() { newest_.reset(); }
  // The release runs: its records are in memory.
  void end();

  // Restore the table's records into new memory: used directly if it has the wanted layout and size, else a source to
  // carry from. `use` is unchanged when there is no such table. Return an error, empty on success.
  std::string from_named(const TableKey& key, TableUse& use);
  std::string from_newest(const TableKey& key, TableUse& use);

 private:
  struct OpenCheckpoint {
    std::string path;
    CheckpointReader reader;
  };
  void open_newest(const std::string& directory);
  std::string restore(const OpenCheckpoint& checkpoint, const TableKey& key, TableUse& use);

  EventLog& log_;
  Resources& resources_;
  const Checkpoints& checkpoints_;
  std::optional<OpenCheckpoint> named_, newest_;  // the newest one without a path: there is none
};

}  // namespace clickup
