// Drives a table of neighbours and our side of a link, at times given in nanoseconds.
#include <memory>
#include <vector>

#include "elements/NeighbourTable/link_side.hh"
#include "kernels/reboot.hh"
#include "support/lanes/lanes.hh"

namespace {

using namespace clickup;

struct Worker {
  NeighbourRecords records;
  NeighbourPolicy policy;
  NeighbourKernel kernel{records, policy};
};

std::unique_ptr<SharedMemory> memory;
std::unique_ptr<Worker> worker;
void* mapped = nullptr;
uint32_t capacity = 0;
uint64_t now = 0, poll = 30'000'000'000;
LinkSide link;

IpAddress read_address(Words& words) {
  std::string text;
  words >> text;
  IpAddress address;
  if (!parse_ip_address(text, address)) std::abort();
  return address;
}

std::vector<uint8_t> read_bytes(Words& words) {
  std::string text;
  words >> text;
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) bytes.push_back(uint8_t(std::stoi(text.substr(i, 2), nullptr, 16)));
  bytes.shrink_to_fit();
  return bytes;
}

std::string start_worker() {
  worker = std::make_unique<Worker>();
  mapped = memory->map();
  std::string error = worker->records.attach(mapped, memory->bytes(), capacity, "n/neighbours");
  if (!error.empty()) return error;
  StateRecovery recovery = worker->records.resume();
  return std::string(recovery.rebuilt ? "rebuilt " : "adopted ") + std::to_string(recovery.kept);
}

std::string start(Words& words) {
  words >> capacity;
  now = 1'000'000'000'000;
  memory = std::make_unique<SharedMemory>(NeighbourRecords::bytes(capacity));
  return start_worker();
}

std::string side(Words& words) {
  link = LinkSide();
  std::string text;
  words >> text;
  parse_ether_address(text, link.ether);
  while (words >> text) {
    IpPrefix prefix;
    if (text[0] == '>') {
      IpAddress gateway;
      parse_ip_address(text.substr(1), gateway);
      (is_ip4(gateway.data()) ? link.gateway4 : link.gateway6) = gateway;
    } else if (parse_ip_prefix(text, prefix)) {
      link.addresses.push_back(prefix);
    }
  }
  return "ok";
}

std::string ether_text(const uint8_t* bytes) {
  EtherAddress ether;
  std::copy_n(bytes, 6, ether.begin());
  return ether_address_text(ether);
}

std::string resolve(Words& words) {
  IpAddress address = read_address(words);
  Resolution resolution = worker->kernel.resolve(address, worker->kernel.hash(address), poll, now);
  static const char* names[] = {"ready", "waits", "unreachable"};
  std::string text = names[resolution.fate];
  if (resolution.fate == Resolution::ready) text += " " + ether_text(resolution.ether);
  if (resolution.ask) text += resolution.unicast ? " ask" : " ask all";
  return text;
}

// Takes a frame from the link; answers with what it told, and the frame that answers it.
std::string hear(Words& words) {
  std::vector<uint8_t> bytes = read_bytes(words);
  ArpMessage arp;
  NdMessage nd;
  NeighbourNews news;
  uint8_t frame[LinkSide::kMostMessage];
  uint32_t answer = 0;
  if (read_arp(bytes.data(), uint32_t(bytes.size()), arp)) {
    news = news_of(arp);
    answer = link.answer(arp, frame);
  } else if (read_nd(bytes.data(), uint32_t(bytes.size()), nd)) {
    news = news_of(nd);
    answer = link.answer(nd, bytes.data() + 6, frame);
  } else {
    return "nothing";
  }
  news.introduces = answer != 0;
  bool learned = !is_unset(news.address) && worker->kernel.learn(news, poll, now);
  return std::string(learned ? "learned" : "ignored") + " " + in_hexadecimal(frame, answer);
}

std::string ask(Words& words) {
  IpAddress address = read_address(words);
  uint8_t frame[LinkSide::kMostMessage];
  uint32_t length = link.ask(address, nullptr, frame);
  return length ? in_hexadecimal(frame, length) : "cannot";
}

std::string next_hop(Words& words) {
  IpAddress address = read_address(words);
  uint8_t ether[6];
  static const char* names[] = {"one", "group", "nobody"};
  LinkSide::Cast cast = link.cast(address, ether);
  std::string text = names[size_t(cast)];
  if (cast == LinkSide::Cast::group) return text + " " + ether_text(ether);
  return cast == LinkSide::Cast::one ? text + " " + ip_address_text(link.next_hop(address).data()) : text;
}

std::string wait(Words& words) {
  uint64_t elapsed = 0;
  words >> elapsed;
  now += elapsed;
  return "ok";
}

std::string succeed(Words& words) {
  std::string how;
  words >> how;
  if (how == "clean") worker->records.pause();
  if (how == "torn") tear(mapped);
  return start_worker();
}

std::string restart(Words& words) {
  reboot(words, {mapped}, now);
  return start_worker();
}

// Lanes by themselves: numbers for keys and items.
Lanes<uint32_t, uint32_t> lanes;

std::string lane(Words& words) {
  std::string what;
  uint32_t key = 0, item = 0;
  uint64_t due = 0;
  words >> what >> key;
  if (what == "reserve") {
    lanes = {};
    lanes.reserve(key);
    return "ok";
  }
  uint64_t hash = key % 3;  // collisions
  uint32_t found = lanes.find(key, hash);
  if (what == "add") {
    words >> item >> due;
    if (found == lanes.kNone) found = lanes.open(key, hash, due);
    return found != lanes.kNone && lanes.append(found, item) ? "ok" : "full";
  }
  if (what == "take") {
    uint32_t first = lanes.due_lane();
    if (first == lanes.kNone) return "none";
    std::string text = std::to_string(lanes.key(first)) + " " + std::to_string(lanes.take_first(first));
    if (lanes.length(first) == 0) lanes.close(first);
    return text;
  }
  if (found == lanes.kNone) return "none";
  words >> due;
  what == "schedule" ? lanes.schedule(found, due) : lanes.close(found);
  return "ok";
}

}  // namespace

int main() {
  return run_commands({
      {"start", start},
      {"side", side},
      {"resolve", resolve},
      {"hear", hear},
      {"ask", ask},
      {"next_hop", next_hop},
      {"wait", wait},
      {"succeed", succeed},
      {"reboot", restart},
      {"lane", lane},
      {"counters",
       [](Words&) {
         const StateHeader& header = worker->records.header();
         return std::to_string(header.count) + " " + std::to_string(header.evicted) + " " +
                std::to_string(header.refused);
       }},
  });
}
