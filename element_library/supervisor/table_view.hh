// The memory of a state table, mapped for reading while its worker writes.
#pragma once

#include <string>
#include <utility>

#include "state_table/state_reader.hh"

namespace clickup {

class TableView {
 public:
  TableView() = default;
  TableView(TableView&& other) noexcept
      : memory_(std::exchange(other.memory_, nullptr)), bytes_(other.bytes_), reader_(other.reader_) {}
  TableView& operator=(TableView&&) = delete;
  ~TableView();

  // `memory` is a memfd, which may be closed afterwards. Returns why it has no readable table, empty on success.
  std::string open(int memory);
  const StateReader& reader() const { return reader_; }

 private:
  void* memory_ = nullptr;
  size_t bytes_ = 0;
  StateReader reader_;
};

}  // namespace clickup
