// The memory of a state table: a memfd that outlives the workers which map it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "shared/file_descriptor.hh"

namespace clickup {

// A table that a release asks for. Memory of the same layout and size can be used as it is.
struct TableKey {
  std::string name;  // STATE/TABLE
  uint64_t layout = 0;
  uint64_t bytes = 0;
  bool operator==(const TableKey&) const = default;
};

// Facts from a table's header; zeros until a worker has initialised it.
struct TableFacts {
  uint32_t version = 0;  // of its layout
  uint32_t capacity = 0;
  uint32_t records = 0;
};

class TableMemory {
 public:
  // Creates zero-filled memory. Returns an error, empty on success.
  static std::string create(const TableKey& key, bool restored, std::shared_ptr<TableMemory>& memory);
  TableMemory(TableKey key, bool restored, FileDescriptor memory)
      : key_(std::move(key)), restored_(restored), memory_(std::move(memory)) {}

  const TableKey& key() const { return key_; }
  bool restored() const { return restored_; }  // its records come from a checkpoint, not from another release
  int fd() const { return memory_.get(); }
  TableFacts facts() const;

 private:
  TableKey key_;
  bool restored_;
  FileDescriptor memory_;
};

}  // namespace clickup
