// Drives token buckets and the lanes of Shape with IP packets given in hexadecimal, at times given in nanoseconds.
#include <memory>
#include <vector>

#include "elements/Shape/shape_lanes.hh"
#include "elements/TokenBuckets/bucket_kernel.hh"
#include "elements/TokenBuckets/limit_records.hh"
#include "kernels/moving.hh"
#include "kernels/reboot.hh"

namespace {

using namespace clickup;

struct Worker {
  BucketRecords records;
  LimitRecords limits;
  BucketKernel kernel{records, limits.history()};
  ShapeLanes<uint32_t> lanes{kernel};
};

std::unique_ptr<SharedMemory> buckets, limits;
std::unique_ptr<Worker> worker;
void *mapped = nullptr, *mapped_limits = nullptr;
uint32_t capacity = 0, arrived = 0;
uint64_t now = kBillion;
BucketLimit limit;

BucketLimit read_limit(Words& words) {
  BucketLimit read;
  std::string unit;
  words >> read.rate >> read.burst >> unit;
  read.unit = unit == "bits" ? TokenUnit::bits : TokenUnit::packets;
  return read;
}

std::string start_worker() {
  worker = std::make_unique<Worker>();
  mapped = buckets->map();
  std::string error = worker->records.attach(mapped, buckets->bytes(), capacity, "b/buckets");
  mapped_limits = limits->map();
  if (error.empty())
    error = worker->limits.records().attach(mapped_limits, limits->bytes(), LimitRecords::kCapacity, "b/limits");
  if (!error.empty()) return error;
  StateRecovery recovery = worker->records.resume();
  worker->limits.resume(limit, now);
  worker->lanes.reserve(16);
  return std::string(recovery.rebuilt ? "rebuilt " : "adopted ") + std::to_string(recovery.kept);
}

std::string start(Words& words) {
  words >> capacity;
  limit = read_limit(words);
  now = kBillion;
  buckets = std::make_unique<SharedMemory>(BucketRecords::bytes(capacity));
  limits = std::make_unique<SharedMemory>(StateTable<LimitsLayout>::bytes(LimitRecords::kCapacity));
  return start_worker();
}

// KEYING (underscores for blanks), MARK, the packet in hexadecimal, "-" for none.
BucketPacket read_packet(Words& words) {
  std::string keying_text, text;
  unsigned mark = 0;
  words >> keying_text >> mark >> text;
  for (char& c : keying_text) c = c == '_' ? ' ' : c;
  BucketKeying keying;
  if (std::string problem = parse_bucket_keying(keying_text, keying); !problem.empty()) {
    std::cerr << problem << "\n";
    std::abort();
  }
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) bytes.push_back(uint8_t(std::stoi(text.substr(i, 2), nullptr, 16)));
  bytes.shrink_to_fit();
  BucketPacket packet;
  worker->kernel.read(keying, bytes.data(), uint32_t(bytes.size()), uint8_t(mark), packet);
  worker->kernel.prefetch(packet);
  return packet;
}

std::string take(Words& words) {
  uint32_t length = 0;
  words >> length;
  return worker->kernel.take(read_packet(words), length, now) ? "conforming" : "exceeding";
}

std::string ready(Words& words) {
  uint32_t length = 0;
  words >> length;
  return std::to_string(worker->kernel.ready_at(read_packet(words), length, now) - now);
}

std::string wait(Words& words) {
  uint64_t elapsed = 0;
  words >> elapsed;
  now += elapsed;
  return "ok";
}

std::string change(Words& words) {
  limit = read_limit(words);
  worker->limits.set(limit, now);
  worker->lanes.hurry();
  return "ok";
}

// HOW: clean or torn (the index is garbage), followed by another limit if that changes too.
std::string succeed(Words& words) {
  std::string how;
  words >> how;
  if (how == "clean") worker->records.pause(), worker->limits.pause();
  if (how == "torn") tear(mapped);
  if (words >> std::ws && !words.eof()) limit = read_limit(words);
  return start_worker();
}

std::string restart(Words& words) {
  reboot(words, {mapped, mapped_limits}, now);
  return start_worker();
}

// Copies into a table of another capacity. For the copy all deadlines have passed: it uses the machine's clock.
std::string move(Words& words) {
  words >> capacity;
  Moving<Bucket> moving(*buckets, capacity);
  worker->records.pause(), worker->limits.pause();
  moving.copy->final_round();
  buckets = std::move(moving.memory);
  return start_worker();
}

std::string table(Words&) {
  std::vector<std::string> lines;
  for (uint32_t i = 0; i < worker->records.fresh(); ++i) {
    if (!worker->records.used(i)) continue;
    lines.push_back(bucket_key_text(worker->records.at(i)) + " " + std::to_string(worker->kernel.tokens_of(i, now)));
  }
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line + "|";
  return text;
}

std::string counters(Words&) {
  const StateHeader& header = worker->records.header();
  return std::to_string(header.count) + " " + std::to_string(header.evicted) + " " + std::to_string(header.refused);
}

// The number of the packet and whether it passes, waits or finds no room.
std::string shape(Words& words) {
  uint32_t length = 0;
  words >> length;
  BucketPacket packet = read_packet(words);
  std::string number = std::to_string(++arrived);
  if (!worker->lanes.waiting(packet) && worker->kernel.take(packet, length, now)) return number + " passes";
  return number + (worker->lanes.add(packet, arrived, length, now) ? " waits" : " full");
}

std::string release(Words&) {
  std::string text;
  uint32_t number = 0;
  while (worker->lanes.next(now, number)) text += (text.empty() ? "" : " ") + std::to_string(number);
  return text;
}

std::string due(Words&) {
  uint64_t due = worker->lanes.due();
  return due == Lanes<int, int>::kNever ? "never" : std::to_string(due > now ? due - now : 0);
}

std::string take_all(Words&) {
  std::string text;
  for (const auto& waiting : worker->lanes.take_all()) text += (text.empty() ? "" : " ") + std::to_string(waiting.item);
  return text;
}

std::string sweep(Words& words) {
  uint32_t budget = 0;
  words >> budget;
  worker->kernel.sweep(now, budget);
  return std::to_string(worker->records.count());
}

}  // namespace

int main() {
  return run_commands({
      {"start", start},
      {"take", take},
      {"ready", ready},
      {"wait", wait},
      {"limit", change},
      {"succeed", succeed},
      {"reboot", restart},
      {"move", move},
      {"sweep", sweep},
      {"table", table},
      {"counters", counters},
      {"shape", shape},
      {"release", release},
      {"due", due},
      {"take_all", take_all},
  });
}
