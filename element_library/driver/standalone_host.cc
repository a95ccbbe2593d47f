#include "driver/standalone_host.hh"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

namespace clickup {

struct StandaloneHost::Interface {
  explicit Interface(std::string_view name) : offloads(name) {}
  Offloads offloads;
  RingSocket socket;
  PortCursor cursor{};
  PacketSocket given{};
};

StandaloneHost::StandaloneHost() = default;

StandaloneHost::~StandaloneHost() {
  for (auto& [name, interface] : interfaces_) {
    if (interface->given.ring)
      munmap(interface->given.ring, size_t(interface->socket.frame_size) * interface->socket.frame_count);
  }
  for (auto& [name, table] : tables_) munmap(table.address, table.bytes);
}

std::string StandaloneHost::packet_socket(std::string_view name, const PacketSocket*& socket) {
  auto found = interfaces_.find(name);
  if (found == interfaces_.end()) {
    auto interface = std::make_unique<Interface>(name);
    std::string error = open_packet_socket(name, interface->socket);
    const RingSocket& opened = interface->socket;
    PacketSocket& given = interface->given;
    given = {opened.fd.get(), nullptr, opened.frame_size, opened.frame_count, &interface->cursor};
    if (error.empty()) error = map_ring(given.fd, given.frame_size, given.frame_count, given.ring);
    if (!error.empty()) return error;
    queue_long_frames(opened, true);
    size_t copied = name.copy(interface->cursor.interface, sizeof(interface->cursor.interface) - 1);
    interface->cursor.interface[copied] = '\0';
    found = interfaces_.emplace(name, std::move(interface)).first;
  }
  socket = &found->second->given;
  return "";
}

std::string StandaloneHost::state_memory(std::string_view name, uint64_t, size_t bytes, StateMemory& memory) {
  if (tables_.contains(name)) {
    return "state table '" + std::string(name) + "' is asked for twice: two elements of one graph cannot own it";
  }
  void* address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) {
    return "no memory for state table '" + std::string(name) + "' of " + std::to_string(bytes) +
           " bytes: " + std::strerror(errno) + "; lower its capacity";
  }
  tables_.emplace(name, Table{address, bytes});
  memory = {address, bytes, false};
  return "";
}

CounterSlot* StandaloneHost::counter_slot(std::string_view name) {
  return &counters_.try_emplace(std::string(name)).first->second;
}

}  // namespace clickup
