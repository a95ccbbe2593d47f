// The elements without state that look into packets, each fed with any packet: nothing may depend on what lies behind a
// packet in its buffer. An input is packets, each with two bytes for its length and one for where its data begins.
#include <span>

#include "driver/router.hh"
#include "driver/standalone_host.hh"
#include "fuzz/input.hh"

namespace clickup {

// Remembers everything that arrives, in order.
class Collect : public Element {
 public:
  void push(int, Batch& batch) override {
    for (const Packet* packet : batch) {
      PROMISE(packet->begin + packet->length <= sizeof packet->buffer);
      for (uint8_t byte : packet->bytes()) hash = (hash ^ byte) * 0x100000001b3;
      hash = (hash ^ packet->length) * 0x100000001b3;
    }
    batch.release();
  }

  uint64_t hash = 0xcbf29ce484222325;
};
CLICKUP_ELEMENT(Collect, "1/0", "h/h");

}  // namespace clickup

using namespace clickup;

namespace {

struct Tried {
  const char* element;
  int outputs;  // all led to `end`
};
constexpr Tried kPackets[] = {
    {"CheckTCPHeader", 2},
    {"CheckUDPHeader", 2},
    {"CheckICMPHeader", 2},
    {"DecIPTTL(MULTICAST false)", 2},
    {"DecIP6HLIM", 2},
    {"DropMartians(10.0.0.1/8, 2001:db8::1/64)", 4},
    {"SetIPDSCP(46)", 1},
    {"SetIPECN(ce)", 1},
    {"SetIPChecksum", 1},
    {"SetTCPChecksum(FIXOFF true)", 1},
    {"SetUDPChecksum", 2},
    {"GetIPAddress(IP src)", 1},
    {"FlowHashSwitch", 2},
    {"IPMirror", 1},
    {"StripIPHeader", 1},
    {"ICMPPingResponder", 2},
    {"ICMPError(10.0.0.9, 3, 4, PMTU 1400, SRC6 ::9)", 1},
    {"ICMP6Error(2001:db8::9, 2, 0, MTU 1400)", 1},
    {"IPFragmenter(68)", 2},
    {"IPFragmenter(577, HONOR_DF false)", 2},
    {"ClampMSS(1000)", 1},
    {"ClampMSS(MTU 1200)", 1},
    {"TCPReset", 2},
    {"IPEncap(4, 10.0.0.8, DST_ANNO)", 1},
    {"UDPIPEncap(2001:db8::8, 1, 2001:db8::9, 2)", 1},
    {"GREEncap(10.0.0.8, 10.0.0.9, KEY 7, CHECKSUM true)", 1},
    {"GREDecap", 4},
    {"GREDecap(KEY 7)", 4},
    {"VXLANDecap(7)", 2},
    {"LookupRoute(0/0 10.0.0.7 0, 0/0 10.0.0.8 1, ::/0 fe80::1 0, 10.0.0.0/9 1, 2001:db8::/33 1)", 2},
};
constexpr Tried kFrames[] = {
    {"ARPResponder(10.0.0.0/8 2:0:0:0:0:1)", 2},
    {"IP6NDAdvertiser(2001:db8::/32 2:0:0:0:0:1)", 2},
    {"EtherMirror", 1},
    {"EtherRewrite(2:0:0:0:0:1, 2:0:0:0:0:2)", 1},
    {"StoreEtherAddress(2:0:0:0:0:1, 20)", 2},
    {"VLANEncap(7)", 1},
    {"VLANDecap", 1},
    {"PriorityTagDecap", 1},
    {"HostEtherFilter(2:0:0:0:0:b)", 2},
    {"HashSwitch(3, 17)", 2},
    {"VXLANEncap(10.0.0.8, 10.0.0.9, 7)", 1},
    {"GREEncap(2001:db8::8, 2001:db8::9, FRAMES true)", 1},
};

// Every element gets a copy of each packet.
void add(std::string& text, const char* tee, std::span<const Tried> all) {
  for (size_t i = 0; i < all.size(); ++i) {
    std::string name = tee + std::to_string(i);
    text += std::string(tee) + "[" + std::to_string(i) + "] -> " + name + " :: " + all[i].element + ";";
    for (int output = 0; output < all[i].outputs; ++output) text += name + "[" + std::to_string(output) + "] -> end;";
  }
}

std::string graph() {
  std::string text = "end :: Collect; Idle -> frames :: Null -> f :: Tee; Idle -> packets :: MarkIPHeader -> p :: Tee;";
  add(text, "f", kFrames);
  add(text, "p", kPackets);
  return text;
}

// A graph with its own counts, so that two of them treat the same packets equally.
struct Bench {
  Bench() {
    Diagnostics diagnostics;
    router = Router::build(graph(), "fuzz", diagnostics);
    for (const Diagnostic& one : diagnostics) std::fprintf(stderr, "%s\n", one.message.c_str());
    PROMISE(router && router->initialize(host, diagnostics));
  }
  uint64_t hash() { return static_cast<Collect*>(router->find("end"))->hash; }
  void push(const char* entry, const std::vector<uint8_t>& bytes, uint8_t filler, bool from_link) {
    Packet* packet = packet_of(bytes, filler);
    if (from_link) packet->mac_header = packet->begin;
    Batch batch;
    batch.add(packet);
    router->find(entry)->push(0, batch);
  }

  StandaloneHost host;
  std::unique_ptr<Router> router;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Bench zeros, ones;
  Input input(data, size);
  while (!input.empty()) {
    uint32_t length = input.number(2) % 2000, how = input.number(1);
    std::vector<uint8_t> bytes = input.take(length);
    const char* entry = how & 1 ? "frames" : "packets";
    zeros.push(entry, bytes, 0, how & 2);
    ones.push(entry, bytes, 0xff, how & 2);
    PROMISE(zeros.hash() == ones.hash());
  }
  return 0;
}
