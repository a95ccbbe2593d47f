// Drives the learning bridge with addresses, at times given in nanoseconds.
#include <memory>

#include "elements/StationTable/bridge_kernel.hh"
#include "kernels/command_loop.hh"

namespace {

using namespace clickup;

std::unique_ptr<SharedMemory> memory;
StationRecords records;
uint64_t now = 1'000'000'000, ageing = 300'000'000'000;
BridgeKernel kernel(records, ageing);

std::string start(Words& words) {
  uint32_t capacity = 0;
  words >> capacity >> ageing;
  now = 1'000'000'000;
  memory = std::make_unique<SharedMemory>(StationRecords::bytes(capacity));
  std::string error = records.attach(memory->map(), memory->bytes(), capacity, "s/stations");
  records.resume();
  return error.empty() ? "ok" : error;
}

// Numbers of source and destination, VLANs or not, and the port; "moved" and where to.
std::string frame(Words& words) {
  unsigned source = 0, destination = 0, vlan = 0;
  std::string port;
  words >> source >> destination >> vlan >> port;
  uint8_t bytes[18]{2,
                    0,
                    0,
                    0,
                    uint8_t(destination >> 8),
                    uint8_t(destination),
                    2,
                    0,
                    0,
                    0,
                    uint8_t(source >> 8),
                    uint8_t(source),
                    0x81,
                    0,
                    uint8_t(vlan >> 8),
                    uint8_t(vlan),
                    0x88,
                    0xb5};
  BridgeFrame read;
  kernel.read(bytes, sizeof bytes, vlan != 0, read);
  kernel.prefetch(read);
  bool moved = kernel.learn(read, PortName::of(port), now);
  const uint8_t* to = kernel.port_to(read, now);
  return std::string(moved ? "moved " : "stays ") + (to ? std::string(reinterpret_cast<const char*>(to)) : "unknown");
}

std::string wait(Words& words) {
  uint64_t elapsed = 0;
  words >> elapsed;
  now += elapsed;
  return "ok";
}

}  // namespace

int main() {
  return run_commands({
      {"start", start},
      {"frame", frame},
      {"wait", wait},
      {"expire", [](Words&) { return std::to_string(records.expire(now, 1'000'000)); }},
      {"counters",
       [](Words&) {
         const StateHeader& header = records.header();
         return std::to_string(header.count) + " " + std::to_string(header.evicted) + " " +
                std::to_string(header.refused);
       }},
  });
}
