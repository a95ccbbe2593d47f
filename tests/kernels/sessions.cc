// Drives the session kernel with IP packets given in hexadecimal, at times given in seconds.
#include <algorithm>
#include <memory>
#include <vector>

#include "elements/SessionTable/session_kernel.hh"
#include "elements/SessionTable/session_text.hh"
#include "kernels/command_loop.hh"
#include "state_table/state_reader.hh"

namespace {

using namespace clickup;

struct Worker {
  SessionRecords records;
  Timeouts timeouts;
  SessionKernel kernel{records, timeouts};
};

std::unique_ptr<SharedMemory> memory;
std::unique_ptr<Worker> worker;
void* mapped = nullptr;
std::vector<uint8_t> saved;
uint32_t capacity = 0;
uint64_t now = kSecond;

std::string start_worker() {
  worker = std::make_unique<Worker>();
  mapped = memory->map();
  std::string error = worker->records.attach(mapped, memory->bytes(), capacity, "sessions");
  if (!error.empty()) return error;
  StateRecovery recovery = worker->records.resume();
  return std::string(recovery.rebuilt ? "rebuilt " : "adopted ") + std::to_string(recovery.kept) + " " +
         std::to_string(recovery.discarded);
}

std::string start(Words& words) {
  words >> capacity;
  now = kSecond;
  memory = std::make_unique<SharedMemory>(SessionRecords::bytes(capacity));
  return start_worker();
}

// An exact copy on the heap, so that the sanitizer detects reads beyond it.
SessionPacket read_packet(Words& words) {
  std::string text;
  words >> text;
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) bytes.push_back(uint8_t(std::stoi(text.substr(i, 2), nullptr, 16)));
  bytes.shrink_to_fit();
  SessionPacket packet;
  worker->kernel.read(bytes.data(), uint32_t(bytes.size()), packet);
  worker->kernel.locate(packet);
  worker->kernel.prefetch(packet);
  return packet;
}

std::string check(Words& words) {
  static const char* names[] = {"established", "new", "related", "invalid"};
  return names[size_t(worker->kernel.check(read_packet(words), now))];
}

std::string open(Words& words) {
  static const char* names[] = {"opened", "known", "sessionless", "full", "impossible"};
  return names[size_t(worker->kernel.open(read_packet(words), now))];
}

std::string set_time(Words& words) {
  double seconds = 0;
  words >> seconds;
  now = uint64_t(seconds * double(kSecond));
  return "ok";
}

std::string set_timeout(Words& words) {
  std::string name;
  double seconds = 0;
  words >> name >> seconds;
  for (size_t i = 0; i < kTimeoutCount; ++i) {
    if (kTimeouts[i].handler == name) worker->timeouts.nanoseconds[i] = uint64_t(seconds * double(kSecond));
  }
  return "ok";
}

std::string on_one_line(std::string text) {
  for (char& character : text) {
    if (character == '\n') character = '|';
  }
  return text;
}

std::string expire(Words& words) {
  uint32_t budget = 0;
  words >> budget;
  return std::to_string(worker->records.expire(now, budget));
}

std::string succeed(Words& words) {
  std::string how;
  words >> how;
  if (how == "clean") worker->records.pause();
  if (how == "torn") tear(mapped);
  return start_worker();
}

// The content of a checkpoint written now.
std::string save(Words&) {
  const auto* bytes = static_cast<const uint8_t*>(mapped);
  saved.assign(bytes, bytes + memory->bytes());
  return "ok";
}

// As after a power cut: the next worker starts with the saved records.
std::string restore(Words&) {
  std::copy(saved.begin(), saved.end(), static_cast<uint8_t*>(mapped));
  static_cast<StateHeader*>(mapped)->clean = kStateImported;
  return start_worker();
}

std::string break_record(Words& words) {
  uint32_t index = 0;
  words >> index;
  record_header(mapped, index).sequence |= 1;
  return "ok";
}

std::string counters(Words&) {
  const StateHeader& header = worker->records.header();
  std::ostringstream text;
  text << header.count << " " << header.expired << " " << header.evicted << " " << header.refused;
  return text.str();
}

std::string read_elsewhere(Words&) {
  StateReader reader;
  if (std::string error = reader.attach(memory->map(false), memory->bytes()); !error.empty()) return error;
  uint32_t live = 0;
  StateRecord record;
  for (uint32_t i = 0; i < reader.records(); ++i) live += reader.copy(i, record);
  return std::to_string(live) + " " + std::string(reader.descriptor());
}

// Key and value of every live record in hexadecimal, as another process reads them.
std::string records(Words&) {
  StateReader reader;
  if (std::string error = reader.attach(memory->map(false), memory->bytes()); !error.empty()) return error;
  std::string text;
  StateRecord record;
  for (uint32_t i = 0; i < reader.records(); ++i) {
    if (!reader.copy(i, record)) continue;
    if (!text.empty()) text += " ";
    text += in_hexadecimal(record.bytes(), reader.header().value_size);
  }
  return text;
}

}  // namespace

int main() {
  return run_commands({
      {"start", start},
      {"check", check},
      {"open", open},
      {"time", set_time},
      {"timeout", set_timeout},
      {"expire", expire},
      {"succeed", succeed},
      {"save", save},
      {"restore", restore},
      {"break", break_record},
      {"counters", counters},
      {"read", read_elsewhere},
      {"records", records},
      {"table", [](Words&) { return on_one_line(sessions_text(worker->records, 1000, now)); }},
      {"states", [](Words&) { return on_one_line(states_text(worker->records, now)); }},
  });
}
