// How a state gets its tables: the one line of initialize() that concerns them.
#pragma once

#include <string>

#include "driver/host.hh"
#include "state_table/state_table.hh"

namespace clickup {

// Opens a table of the state (an element name) with room for `capacity` records, in memory named STATE/TABLE that the
// host keeps from one worker to the next. Returns an error, empty on success.
template <class Layout>
std::string open_table(Host& host, const std::string& state, uint32_t capacity, StateTable<Layout>& table) {
  StateMemory memory;
  std::string name = state + "/" + std::string(Layout::kTable);
  std::string error = host.state_memory(name, Layout::kHash, StateTable<Layout>::bytes(capacity), memory);
  if (error.empty()) error = table.attach(memory.address, memory.bytes, capacity, name);
  if (!error.empty()) return error;
  table.settle();
  table.reserve();
  return "";
}

}  // namespace clickup
