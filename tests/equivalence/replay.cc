// Replays frames through an element graph whose devices are lists and whose state tables are files, so that another
// program, built from another library, can go on where this one stopped. Commands: see `main`.
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "driver/clock.hh"
#include "driver/router.hh"
#include "driver/runtime.hh"
#include "equivalence/file_host.hh"
#include "kernels/command_loop.hh"
#include "state_table/migration.hh"

// Time advances with the frames, so that a run does not depend on its speed.
static uint64_t replay_time_ns;
extern "C" int clock_gettime(clockid_t, timespec* time) {
  *time = {time_t(replay_time_ns / 1'000'000'000), long(replay_time_ns % 1'000'000'000)};
  return 0;
}

namespace clickup {
namespace {

struct Frame {
  uint8_t interface;
  std::string bytes;
};

class ReplaySource;
class ReplaySink;

// The devices of the graph that is open, in order of their names: lan 0, wan 1.
std::map<std::string, ReplaySource*> sources;
std::map<std::string, ReplaySink*> sinks;

class ReplaySource : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    bool ignored;
    std::string interface;
    arguments.positional("DEVNAME", interface).keyword("PROMISC", ignored).keyword("SNIFFER", ignored).finish(errors);
    sources[interface] = this;
  }
  void receive(const Frame* frames, uint32_t count) {
    Batch batch;
    for (uint32_t i = 0; i < count; ++i) {
      Packet* packet = packet_pool().allocate();
      frames[i].bytes.copy(reinterpret_cast<char*>(packet->data()), frames[i].bytes.size());
      packet->length = uint32_t(frames[i].bytes.size());
      packet->mac_header = packet->begin;
      batch.add(packet);
    }
    output(0).push(batch);
  }
};

class ReplaySink : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string interface;
    arguments.positional("DEVNAME", interface).finish(errors);
    sinks[interface] = this;
  }
  bool drain() override { return send(); }
  bool send() {
    Batch batch;
    input(0).pull(batch, kBatchSize);
    for (const Packet* packet : batch) {
      uint32_t length = packet->length;
      sent.append(reinterpret_cast<const char*>(&length), sizeof length);
      sent.append(reinterpret_cast<const char*>(packet->data()), length);
    }
    bool moved = !batch.empty();
    batch.release();
    return moved;
  }
  std::string sent;
};

CLICKUP_ELEMENT(ReplaySource, "0/1", "h/h");
CLICKUP_ELEMENT(ReplaySink, "1/0", "l/h");

class Writers : public CopyPace {  // no writer is active: all have paused or wait for their next frame
  bool settle() override { return true; }
  bool go_on() override { return true; }
};

// Everything between `open` and `close`.
struct Place {
  explicit Place(const std::string& folder) : host(folder) {}
  FileHost host;
  std::unique_ptr<Router> router;
  std::unique_ptr<Runtime> runtime;
};

struct Carried {
  Carried(const std::string& from, const std::string& to) : source(from), target(to) {}
  TableFile source, target;
  std::unique_ptr<TableCopy> forth, back;
};

std::vector<Frame> frames;
std::unique_ptr<Place> place;
std::unique_ptr<Carried> carried;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string word(Words& words) {
  std::string text;
  words >> text;
  return text;
}

void set_time(size_t frame) {
  constexpr uint64_t kBegin = 1'000'000'000'000, kBetweenFrames = 20'000'000;
  replay_time_ns = kBegin + frame * kBetweenFrames;
  read_clock();
}

std::string read_frames(Words& words) {
  std::string data = read_file(word(words));
  frames.clear();
  for (size_t at = 0; at + 5 <= data.size();) {
    uint32_t length;
    std::memcpy(&length, &data[at + 1], sizeof length);
    frames.push_back({uint8_t(data[at]), data.substr(at + 5, length)});
    at += 5 + length;
  }
  return std::to_string(frames.size());
}

std::string open_graph(Words& words) {
  size_t at = 0;
  words >> at;
  set_time(at);
  place = std::make_unique<Place>(word(words));
  Diagnostics diagnostics;
  place->router = Router::build(read_file(word(words)), "graph", diagnostics);
  if (place->router && place->router->initialize(place->host, diagnostics)) {
    place->runtime = std::make_unique<Runtime>(*place->router);
    return "open";
  }
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) text += diagnostic.text() + "; ";
  return text;
}

std::string close_graph(Words&) {
  place.reset();
  sources.clear();
  sinks.clear();
  return "closed";
}

std::string feed(Words& words) {
  size_t at = 0, end = 0, most = 0;
  words >> at >> end >> most;
  std::vector<ReplaySource*> inputs;
  for (auto& [name, source] : sources) inputs.push_back(source);
  while (at < end) {
    size_t next = at + 1;
    while (next < end && next - at < most && frames[next].interface == frames[at].interface) ++next;
    set_time(at);
    inputs[frames[at].interface]->receive(&frames[at], uint32_t(next - at));
    for (auto& [name, sink] : sinks)
      while (sink->send()) {}
    at = next;
  }
  std::string sizes;
  for (auto& [name, sink] : sinks) sizes += std::to_string(sink->sent.size()) + " ";
  return sizes;
}

std::string save(Words& words) {
  std::string prefix = word(words);
  for (auto& [name, sink] : sinks) std::ofstream(prefix + name, std::ios::binary) << sink->sent;
  return "saved";
}

std::string told(const CopyCounts& counts) {
  return std::to_string(counts.migrated) + " " + std::to_string(counts.expired) + " " + std::to_string(counts.lost);
}

std::string carry(Words& words) {
  std::string from = word(words), to = word(words);
  carried = std::make_unique<Carried>(from, to);
  const StateMigration* known = find_migration(carried->source.layout(), carried->target.layout());
  if (!known) return "no migration";
  carried->forth = known->make();
  std::string why = carried->forth->attach(carried->source.memory(), carried->target.memory());
  return why.empty() ? "attached" : why;
}

std::string carry_round(Words& words) {
  size_t at = 0;
  words >> at;
  set_time(at);
  Writers writers;
  return std::to_string(carried->forth->round(writers));
}

std::string end_carry(Words& words) {
  size_t at = 0;
  words >> at;
  set_time(at);
  carried->forth->final_round();
  return told(carried->forth->counts());
}

std::string carry_back(Words& words) {
  size_t at = 0;
  words >> at;
  set_time(at);
  const StateMigration* known = find_migration(carried->target.layout(), carried->source.layout());
  carried->back = known->make();
  std::string why = carried->back->attach(carried->target.memory(), carried->source.memory());
  if (!why.empty()) return why;
  carried->back->go_back_from(*carried->forth);
  Writers writers;
  carried->back->round(writers);
  carried->back->final_round();
  std::string counts = told(carried->back->counts());
  carried.reset();
  return counts;
}

std::string resume(Words& words) {
  size_t at = 0;
  words >> at;
  set_time(at);
  place->runtime->resume();
  return "resumed";
}

}  // namespace
}  // namespace clickup

int main() {
  using namespace clickup;
  return run_commands({
      {"frames", read_frames},  // FILE: what feed counts
      {"open", open_graph},     // FRAME FOLDER CONFIG: initialises before that frame; tables in FOLDER
      {"close", close_graph},
      {"resume", resume},  // FRAME: goes on before that frame
      {"pause", [](Words&) { return place->runtime->pause(), "paused"; }},
      {"feed", feed},          // FROM TO MOST: frames in batches of at most MOST; bytes that left by now
      {"save", save},          // PREFIX: what left, a file an interface
      {"carry", carry},        // SOURCE TARGET: prepares to take records of one table file into the other
      {"round", carry_round},  // FRAME: what changed since the round before; how many records
      {"last", end_carry},     // FRAME: the same, and its writer has paused; counts
      {"back", carry_back},    // FRAME: what changed in the target since
  });
}
