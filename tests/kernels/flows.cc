// Drives flow metering with IP packets given in hexadecimal, at times given in nanoseconds.
#include <memory>
#include <vector>

#include "elements/FlowTable/flow_kernel.hh"
#include "elements/FlowTable/flow_text.hh"
#include "kernels/reboot.hh"

namespace {

using namespace clickup;

// Reports as lines: the flow, why, first and last.
struct Teller : FlowSink {
  std::string text;
  void report(const FlowRecord& flow, FlowEnd why, uint64_t now) override {
    text += flow_text(flow, now) + " " + std::to_string(int(why)) + " " + std::to_string(int64_t(flow.first)) + " " +
            std::to_string(int64_t(flow.last)) + "|";
  }
  std::string told() { return std::exchange(text, ""); }
};

struct Worker {
  FlowRecordTable records;
  FlowRecordTimeouts timeouts;
  FlowKernel kernel{records, timeouts};
};

std::unique_ptr<SharedMemory> memory;
std::unique_ptr<Worker> worker;
Teller teller;
FlowRecordTimeouts timeouts;
void* mapped = nullptr;
uint32_t capacity = 0;
uint64_t now = 0;

std::string start_worker() {
  worker = std::make_unique<Worker>();
  worker->timeouts = timeouts;
  worker->kernel.report_to(&teller);
  mapped = memory->map();
  std::string error = worker->records.attach(mapped, memory->bytes(), capacity, "f/flows");
  if (!error.empty()) return error;
  StateRecovery recovery = worker->records.resume();
  return std::string(recovery.rebuilt ? "rebuilt " : "adopted ") + std::to_string(recovery.kept);
}

std::string start(Words& words) {
  words >> capacity >> timeouts.active >> timeouts.idle;
  now = 1'000'000'000;
  memory = std::make_unique<SharedMemory>(FlowRecordTable::bytes(capacity));
  teller.told();
  return start_worker();
}

std::string count(Words& words) {
  std::string text;
  unsigned mark = 0;
  words >> mark >> text;
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) bytes.push_back(uint8_t(std::stoi(text.substr(i, 2), nullptr, 16)));
  bytes.shrink_to_fit();
  FlowPacket packet;
  worker->kernel.read(bytes.data(), uint32_t(bytes.size()), uint8_t(mark), packet);
  worker->kernel.prefetch(packet);
  bool metered = worker->kernel.count(packet, now);
  return (metered ? "metered " : "unmetered ") + teller.told();
}

std::string wait(Words& words) {
  uint64_t elapsed = 0;
  words >> elapsed;
  now += elapsed;
  return "ok";
}

std::string sweep(Words& words) {
  uint32_t budget = 0, most = 0;
  words >> budget >> most;
  worker->kernel.sweep(now, budget, most);
  return teller.told();
}

std::string succeed(Words& words) {
  std::string how;
  words >> how >> timeouts.active >> timeouts.idle;
  if (how == "clean") worker->records.pause();
  if (how == "torn") tear(mapped);
  return start_worker();
}

std::string restart(Words& words) {
  reboot(words, {mapped}, now);
  return start_worker();
}

std::string table(Words&) {
  std::string text;
  for (uint32_t i = 0; i < worker->records.fresh(); ++i) {
    if (worker->records.used(i)) text += flow_text(worker->records.at(i), now) + "|";
  }
  return text;
}

}  // namespace

int main() {
  return run_commands({
      {"start", start},
      {"count", count},
      {"wait", wait},
      {"sweep", sweep},
      {"succeed", succeed},
      {"reboot", restart},
      {"table", table},
  });
}
