// Drives the NAT kernel with IP packets given in hexadecimal, at times given in seconds.
#include <time.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "elements/Nat/nat_forwards.hh"
#include "elements/Nat/nat_kernel.hh"
#include "elements/Nat/nat_text.hh"
#include "kernels/moving.hh"
#include "kernels/reboot.hh"
#include "state_table/state_image.hh"
#include "state_table/state_reader.hh"

namespace {

using namespace clickup;

struct Worker {
  NatPolicy policy;
  NatTables tables;
  NatKernel kernel{tables, policy};
};

std::vector<std::unique_ptr<SharedMemory>> memories;
std::unique_ptr<Worker> worker;
std::map<std::string, std::string> settings;
uint32_t capacity = 0;
uint64_t start_of_time = 0, now = kNatSecond;

std::string set(const std::string& name, const std::string& value) {
  NatPolicy& policy = worker->policy;
  for (size_t i = 0; i < kNatTimeoutCount; ++i) {
    if (kNatTimeouts[i].handler == name) return set_nat_timeout(policy, i, value);
  }
  if (name == "external") return set_external(policy, value);
  if (name == "forwards") return set_forwards(policy, value);
  if (name == "filtering") return set_filtering(policy, value);
  if (name == "ports") return set_ports(policy, value);
  return "no setting " + name;
}

// As the element's resume(): "adopted" or "counted", sessions, forwards that wait.
std::string start_worker() {
  bool first = memories.empty();
  worker = std::make_unique<Worker>();
  for (const char* name : {"external", "forwards", "filtering", "ports"}) {
    std::string error = settings.contains(name) ? set(name, settings[name]) : "";
    if (!error.empty()) return error;
  }
  for (const auto& [name, value] : settings) set(name, value);
  size_t place = 0;
  std::string error;
  worker->tables.each(capacity, [&](auto& table, uint32_t records) {
    size_t bytes = std::remove_reference_t<decltype(table)>::bytes(records);
    if (first) memories.push_back(std::make_unique<SharedMemory>(bytes));
    void* mapped = memories[place++]->map();
    error += table.attach(mapped, bytes, records, "nat");
    if (first) static_cast<StateHeader*>(mapped)->hash_seed = 42;  // so that failures are reproducible
    table.settle();                                                // as open_table
  });
  if (!error.empty()) return error;
  Worker& now_on = *worker;
  bool counts = now_on.kernel.resume(now);
  uint32_t waiting = settle_forwards(now_on.tables, now_on.policy, now_on.kernel.mappings(), now);
  return std::string(counts ? "counted " : "adopted ") + std::to_string(now_on.tables.sessions.count()) + " " +
         std::to_string(waiting);
}

std::string rest_of(Words& words) {
  std::string text;
  std::getline(words >> std::ws, text);
  return text;
}

// Copies use the machine's clock: the test's second 352 is now.
uint64_t first_second() {
  timespec clock;
  clock_gettime(CLOCK_BOOTTIME, &clock);
  return std::max<uint64_t>(uint64_t(clock.tv_sec), 352) * kNatSecond - 352 * kNatSecond;
}

std::string start(Words& words) {
  words >> capacity;
  settings = {{"external", rest_of(words)}};
  memories.clear();
  start_of_time = first_second();
  now = start_of_time + kNatSecond;
  return start_worker();
}

std::string change(Words& words) {
  std::string name;
  words >> name;
  std::string value = rest_of(words), error = set(name, value);
  if (!error.empty()) return error;
  settings[name] = value;
  return std::to_string(settle_forwards(worker->tables, worker->policy, worker->kernel.mappings(), now));
}

const char* verdict_name(NatVerdict verdict) {
  static const char* names[] = {"translated", "hairpin", "unsolicited", "refused", "invalid", "held"};
  return names[size_t(verdict)];
}

// An exact copy on the heap, so that the sanitizer detects reads beyond it.
std::string translate(std::vector<uint8_t> bytes, bool from_outside) {
  bytes.shrink_to_fit();
  NatKernel& kernel = worker->kernel;
  NatPacket packet;
  NatVerdict verdict;
  if (from_outside) {
    kernel.read_in(bytes.data(), uint32_t(bytes.size()), packet);
    kernel.prefetch_port(packet);
    kernel.read_session(packet, now);
    kernel.prefetch_session(packet);
    verdict = kernel.translate_in(packet, true, now);
  } else {
    kernel.read_out(bytes.data(), uint32_t(bytes.size()), packet);
    kernel.prefetch_session(packet);
    verdict = kernel.translate_out(packet, now);
  }
  std::string text = std::string(verdict_name(verdict)) + " " + in_hexadecimal(bytes.data(), bytes.size());
  bool releases = packet.first_fragment && (verdict == NatVerdict::translated || verdict == NatVerdict::hairpin);
  if (!releases) return text;
  kernel.take_fragments(packet, from_outside, now, [&](const NatHeld& held) {
    text += " " + translate({held.data + held.link_length, held.data + held.link_length + held.length}, from_outside);
  });
  return text;
}
std::string translate(Words& words, bool from_outside) {
  std::string text;
  words >> text;
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) bytes.push_back(uint8_t(std::stoi(text.substr(i, 2), nullptr, 16)));
  return translate(std::move(bytes), from_outside);
}

std::string late_syns(Words&) {
  std::string text;
  worker->kernel.take_late_syns(
      now, [&](const NatHeld& held) { text += in_hexadecimal(held.data + held.link_length, held.length) + " "; });
  return text;
}

std::string set_time(Words& words) {
  double seconds = 0;
  words >> seconds;
  now = start_of_time + uint64_t(seconds * double(kNatSecond));
  return "ok";
}

std::string expire(Words&) {
  NatTables& tables = worker->tables;
  uint32_t sessions = worker->kernel.sessions().expire(now, capacity);
  tables.mappings.expire(now, 2 * capacity);
  tables.ports.expire(now, 2 * capacity);
  tables.hosts.expire(now, 2 * capacity);
  tables.fragments.expire(now, kNatFragments);
  worker->kernel.held().expire(now, kNatHeldKinds * kNatHeldShare);
  uint32_t waiting = begin_forwards(tables, worker->policy, worker->kernel.mappings(), now);
  return std::to_string(sessions) + " " + std::to_string(waiting);
}

// Other memory with the same records, as restored from a checkpoint of a worker that goes on.
template <class Table>
std::unique_ptr<SharedMemory> restored(const Table& table, SharedMemory& from) {
  using Layout = std::remove_cvref_t<decltype(table.at(0))>;
  auto memory = std::make_unique<SharedMemory>(from.bytes());
  StateShape shape{"nat",
                   Layout::kVersion,
                   Layout::kHash,
                   sizeof(Layout),
                   Layout::kKeySize,
                   table.header().capacity,
                   Layout::kDescriptor,
                   {},
                   42};
  StateImage image;
  StateReader reader;
  StateRecord record;
  bool good =
      reader.attach(from.map(), from.bytes()).empty() && image.create(memory->map(), memory->bytes(), shape).empty();
  if (!good) std::abort();
  uint32_t count = 0;
  for (uint32_t index = 0; index < reader.records(); ++index) {
    if (reader.copy(index, record)) image.put(count++, record.deadline, record.words.data());
  }
  image.finish(count);
  return memory;
}

std::string succeed(Words& words) {
  std::string how;
  words >> how;
  size_t place = 0;
  worker->tables.each(capacity, [&](auto& table, uint32_t) {
    if (how == "clean") table.pause();
    if (how == "torn") tear(memories[place]->map());
    if (how == "restored") memories[place] = restored(table, *memories[place]);
    ++place;
  });
  return start_worker();
}

// Words: OFF, UP, as in reboot.hh. The seconds of `time` continue.
std::string restart(Words& words) {
  uint64_t seconds = now - start_of_time, off = 0, up = 0;
  words >> off >> up;
  for (const auto& memory : memories) reboot(memory->map(), now, off, up);
  now = up;
  start_of_time = up - seconds - off;
  return start_worker();
}

// Copies into tables for another number of sessions while the worker goes on; with the word "dies" it dies before the
// last round.
std::string move(Words& words) {
  uint32_t before = std::exchange(capacity, 0);
  std::string how;
  words >> capacity >> how;
  std::vector<std::unique_ptr<SharedMemory>> old;
  old.swap(memories);
  std::vector<std::unique_ptr<TableCopy>> copies;
  worker->tables.each(capacity, [&](auto& table, uint32_t records) {
    Moving<std::remove_cvref_t<decltype(table.at(0))>> moving(*old[copies.size()], records);
    memories.push_back(std::move(moving.memory));
    copies.push_back(std::move(moving.copy));
  });
  if (how != "dies") worker->tables.each(before, [](auto& table, uint32_t) { table.pause(); });
  for (std::unique_ptr<TableCopy>& copy : copies) copy->final_round();
  return start_worker();
}

// Erases a table, as if a worker had been killed before it wrote there, or a file lacked the table.
std::string lose(Words& words) {
  std::string name;
  words >> name;
  if (name == "ports") worker->tables.ports.erase_all();
  if (name == "mappings") worker->tables.mappings.erase_all();
  if (name == "hosts") worker->tables.hosts.erase_all();
  if (name == "counters") worker->tables.counters.erase_all();
  if (name == "sessions") worker->tables.sessions.erase_all();
  return "ok";
}

std::string on_one_line(std::string text) {
  for (char& character : text) {
    if (character == '\n') character = '|';
  }
  return text;
}

std::string counts(Words&) {
  NatTables& tables = worker->tables;
  const NatCounters& counters = worker->kernel.mappings().counters();
  std::ostringstream text;
  text << tables.sessions.count() << " " << counters.mappings << " " << tables.ports.count() << " "
       << tables.mappings.count() << " " << tables.hosts.count() << " " << counters.opened << " " << counters.refused
       << " " << tables.held.count() << " " << tables.fragments.header().evicted << " "
       << worker->kernel.held().dropped();
  return text.str();
}

}  // namespace

int main() {
  return run_commands({
      {"start", start},
      {"set", change},
      {"out", [](Words& words) { return translate(words, false); }},
      {"in", [](Words& words) { return translate(words, true); }},
      {"late", late_syns},
      {"time", set_time},
      {"expire", expire},
      {"succeed", succeed},
      {"reboot", restart},
      {"lose", lose},
      {"move", move},
      {"counts", counts},
      {"table", [](Words&) { return on_one_line(nat_lines(worker->tables.sessions, 65536, now)); }},
      {"mappings", [](Words&) { return on_one_line(nat_lines(worker->tables.ports, 65536, now)); }},
  });
}
