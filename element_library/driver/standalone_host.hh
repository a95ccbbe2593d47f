// Surroundings of a driver that runs without a supervisor: everything ends with the process.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "driver/host.hh"
#include "shared/packet_socket.hh"

namespace clickup {

class StandaloneHost : public Host {
 public:
  StandaloneHost();
  ~StandaloneHost() override;
  StandaloneHost(const StandaloneHost&) = delete;
  StandaloneHost& operator=(const StandaloneHost&) = delete;

  std::string packet_socket(std::string_view interface, const PacketSocket*& socket) override;
  std::string state_memory(std::string_view name, uint64_t layout_hash, size_t bytes, StateMemory& memory) override;
  CounterSlot* counter_slot(std::string_view name) override;

 private:
  struct Interface;
  struct Table {
    void* address;
    size_t bytes;
  };
  std::map<std::string, std::unique_ptr<Interface>, std::less<>> interfaces_;
  std::map<std::string, Table, std::less<>> tables_;
  std::map<std::string, CounterSlot, std::less<>> counters_;
};

}  // namespace clickup
