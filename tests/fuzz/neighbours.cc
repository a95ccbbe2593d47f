// Neighbours and the stations of a bridge: any frames, at any times, in small tables. An input is frames, each with two
// bytes for its length, one for what is done with it and one for the time that passes before.
#include "elements/NeighbourTable/link_side.hh"
#include "elements/StationTable/bridge_kernel.hh"
#include "fuzz/input.hh"

using namespace clickup;

namespace {

constexpr uint32_t kCapacity = 16;
constexpr uint64_t kSecond = 1'000'000'000, kPoll = 30 * kSecond;

struct Link {
  Link() : memory(NeighbourRecords::bytes(kCapacity) / 8), station_memory(StationRecords::bytes(kCapacity) / 8) {
    PROMISE(records.attach(memory.data(), memory.size() * 8, kCapacity, "n/neighbours").empty());
    PROMISE(stations.attach(station_memory.data(), station_memory.size() * 8, kCapacity, "s/stations").empty());
    records.resume();
    stations.resume();
    side.ether = {2, 0, 0, 0, 0, 1};
    for (const char* own : {"192.0.2.1/24", "2001:db8::1/64"}) {
      IpPrefix prefix;
      PROMISE(parse_ip_prefix(own, prefix));
      side.addresses.push_back(prefix);
    }
  }
  void take(Input& input) {
    uint32_t length = input.number(2), what = input.number(1);
    now += uint64_t(input.number(1)) * (what & 0x80 ? kSecond : kSecond / 100);
    std::vector<uint8_t> frame = input.take(length);
    bridge(frame, what);
    if (std::optional<IpAddress> told = hear(frame)) resolve(*told);
    if (frame.size() >= 16) resolve(ip6_address(frame.data()));
    if (what & 4) records.expire(now, what), stations.expire(now, what);
    if (what & 8) hand_over(what & 16);
    PROMISE(records.count() <= kCapacity && stations.count() <= kCapacity);
  }

  // The neighbour that the frame was about.
  std::optional<IpAddress> hear(const std::vector<uint8_t>& frame) {
    ArpMessage arp;
    NdMessage nd;
    NeighbourNews news;
    uint8_t answer[LinkSide::kMostMessage];
    uint32_t answered = 0;
    if (read_arp(frame.data(), uint32_t(frame.size()), arp)) {
      news = news_of(arp);
      answered = side.answer(arp, answer);
    } else if (read_nd(frame.data(), uint32_t(frame.size()), nd)) {
      news = news_of(nd);
      answered = side.answer(nd, frame.data() + 6, answer);
    } else {
      return std::nullopt;
    }
    ArpMessage arp_answer;
    NdMessage nd_answer;
    PROMISE(answered == 0 || read_arp(answer, answered, arp_answer) || read_nd(answer, answered, nd_answer));
    news.introduces = answered != 0;
    kernel.learn(news, kPoll, now);
    return news.address;
  }
  void resolve(const IpAddress& to) {
    uint8_t ether[6], question[LinkSide::kMostMessage];
    if (side.cast(to, ether) != LinkSide::Cast::one) return;
    IpAddress hop = side.next_hop(to);
    uint64_t hash = kernel.hash(hop);
    Resolution resolution = kernel.resolve(hop, hash, kPoll, now);
    PROMISE(!resolution.ask || side.ask(hop, resolution.unicast ? resolution.ether : nullptr, question) > 0);
    PROMISE(!kernel.resolve(hop, hash, kPoll, now).ask || resolution.fate == Resolution::unreachable);
  }
  void bridge(const std::vector<uint8_t>& bytes, uint32_t what) {
    BridgeFrame frame;
    switching.read(bytes.data(), uint32_t(bytes.size()), what & 32, frame);
    switching.prefetch(frame);
    PortName port = PortName::of(what & 64 ? "one" : "two");
    switching.learn(frame, port, now);
    if (frame.whole && !frame.to_group) switching.port_to(frame, now);
    PROMISE(!switching.learn(frame, port, now));
  }
  void hand_over(bool dies) {
    if (!dies) records.pause(), stations.pause();
    uint32_t count = records.count(), station_count = stations.count();
    records.resume();
    stations.resume();
    PROMISE(records.count() == count && stations.count() == station_count);
  }

  std::vector<uint64_t> memory, station_memory;
  NeighbourRecords records;
  NeighbourPolicy policy;
  NeighbourKernel kernel{records, policy};
  StationRecords stations;
  uint64_t ageing = 300 * kSecond;
  BridgeKernel switching{stations, ageing};
  LinkSide side;
  uint64_t now = 1'000 * kSecond;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  Link link;
  while (!input.empty()) link.take(input);
  return 0;
}
