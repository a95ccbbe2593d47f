// Drives the load balancer's kernel with IP packets given in hexadecimal, at times given in seconds.
#include <memory>
#include <vector>

#include "elements/BalanceTable/balance_kernel.hh"
#include "elements/BalanceTable/balance_text.hh"
#include "kernels/command_loop.hh"

namespace {

using namespace clickup;

struct Worker {
  BalancedFlowRecords flows;
  BackendRecords records;
  BackendSet backends;
  BackendMemory memory{records, backends};
  BalancePolicy policy;
  BalanceKernel kernel{flows, backends, memory, policy};
};

std::unique_ptr<SharedMemory> flow_memory, backend_memory;
std::unique_ptr<Worker> worker;
void* mapped = nullptr;
uint32_t capacity = 0;
uint64_t now = kBalanceSecond;

void settle() {
  worker->memory.agree(now);
  worker->backends.settle();
  while (worker->backends.tend(1000)) {}
}

// The rest of a line, whose lists have ';' between entries.
std::string rest_of(Words& words) {
  std::string text;
  std::getline(words >> std::ws, text);
  return text;
}

std::string start_worker() {
  BalancePolicy policy = worker ? worker->policy : BalancePolicy();
  worker = std::make_unique<Worker>();
  worker->policy = policy;
  mapped = flow_memory->map();
  worker->flows.attach(mapped, flow_memory->bytes(), capacity, "flows");
  worker->records.attach(backend_memory->map(), backend_memory->bytes(), BackendSet::kMost, "backends");
  worker->backends.take_list(policy.backends);
  StateRecovery recovery = worker->flows.resume();
  worker->records.resume();
  settle();
  return std::string(recovery.rebuilt ? "rebuilt " : "adopted ") + std::to_string(recovery.kept);
}

std::string start(Words& words) {
  words >> capacity;
  now = kBalanceSecond;
  worker = nullptr;
  flow_memory = std::make_unique<SharedMemory>(BalancedFlowRecords::bytes(capacity));
  backend_memory = std::make_unique<SharedMemory>(BackendRecords::bytes(BackendSet::kMost));
  return start_worker();
}

std::string succeed(Words& words) {
  std::string how;
  words >> how;
  if (how == "clean") worker->flows.pause();
  if (how == "clean") worker->records.pause();
  if (how == "torn") tear(mapped);
  return start_worker();
}

template <std::string (*set)(BalancePolicy&, std::string_view)>
std::string configure(Words& words) {
  std::string error = set(worker->policy, rest_of(words));
  if (!error.empty()) return error;
  worker->backends.take_list(worker->policy.backends);
  settle();
  return "ok";
}

std::string health(Words& words) {
  std::string name, word;
  words >> name >> word;
  BalanceEndpoint endpoint;
  if (!parse_endpoint(name, endpoint)) return "no endpoint";
  for (Backend& backend : worker->backends.all()) {
    if (backend.endpoint == endpoint) worker->memory.set_down(backend, word == "down", now);
  }
  settle();
  return "ok";
}

// An exact copy on the heap, so that the sanitizer detects reads beyond it.
std::vector<uint8_t> read_bytes(Words& words) {
  std::string text;
  words >> text;
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) bytes.push_back(uint8_t(std::stoi(text.substr(i, 2), nullptr, 16)));
  bytes.shrink_to_fit();
  return bytes;
}

std::string forward(Words& words) {
  static const char* names[] = {"balanced", "other", "refused"};
  std::vector<uint8_t> bytes = read_bytes(words);
  BalancePacket packet;
  worker->kernel.read_forward(bytes.data(), uint32_t(bytes.size()), packet);
  worker->kernel.prefetch(packet);
  uint32_t backend = BackendSet::kNone;
  IpAddress to{};
  BalanceVerdict verdict = worker->kernel.forward(packet, now, backend, to);
  std::string answer = names[size_t(verdict)];
  if (verdict != BalanceVerdict::balanced) return answer;
  return answer + " " + ip_address_text(to.data()) + " " + in_hexadecimal(bytes.data(), bytes.size());
}

std::string reverse(Words& words) {
  std::vector<uint8_t> bytes = read_bytes(words);
  BalancePacket packet;
  worker->kernel.read_reverse(bytes.data(), uint32_t(bytes.size()), packet);
  worker->kernel.prefetch(packet);
  if (!worker->kernel.reverse(packet, now)) return "other";
  return "answer " + in_hexadecimal(bytes.data(), bytes.size());
}

std::string set_time(Words& words) {
  double seconds = 0;
  words >> seconds;
  now = uint64_t(seconds * double(kBalanceSecond));
  return "ok";
}

std::string on_one_line(std::string text) {
  for (char& character : text) {
    if (character == '\n') character = '|';
  }
  return text;
}

// Entries of the hash table for IPv4 that each backend has, by its name.
std::string shares(Words&) {
  std::map<std::string, uint32_t> counts;
  for (uint64_t hash = 0; hash < MaglevTable::kSize; ++hash) {
    uint32_t number = worker->backends.pick(false, hash, [](uint32_t) { return true; });
    if (number != BackendSet::kNone) ++counts[endpoint_text(worker->backends.at(number).endpoint)];
  }
  std::string text;
  for (const auto& [name, count] : counts) text += name + "=" + std::to_string(count) + " ";
  return text;
}

std::string entries(Words&) {
  std::string text;
  for (uint64_t hash = 0; hash < MaglevTable::kSize; ++hash) {
    uint32_t number = worker->backends.pick(false, hash, [](uint32_t) { return true; });
    text += number == BackendSet::kNone ? "-" : endpoint_text(worker->backends.at(number).endpoint);
    text += " ";
  }
  return text;
}

}  // namespace

int main() {
  return run_commands({
      {"start", start},
      {"succeed", succeed},
      {"services", configure<set_services>},
      {"backends", configure<set_backends>},
      {"mode", configure<set_mode>},
      {"on_down", configure<set_on_down>},
      {"established", configure<set_timeout<&BalanceTimeouts::established>>},
      {"health", health},
      {"forward", forward},
      {"reverse", reverse},
      {"time", set_time},
      {"shares", shares},
      {"entries", entries},
      {"moved", [](Words&) { return std::to_string(worker->kernel.moved()); }},
      {"expire", [](Words&) { return std::to_string(worker->flows.expire(now, capacity)); }},
      {"expire_backends", [](Words&) { return std::to_string(worker->records.expire(now, BackendSet::kMost)); }},
      {"table", [](Words&) { return on_one_line(flows_text(worker->flows, 1000, now)); }},
      {"backend_table",
       [](Words&) { return on_one_line(backends_text(worker->backends, worker->memory, worker->flows, now)); }},
  });
}
