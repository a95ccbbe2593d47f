// CheckIPHeader, CheckIP6Header and what reads the packets that they let through. Nothing may depend on what lies behind
// a packet in its buffer.
#include "driver/router.hh"
#include "driver/standalone_host.hh"
#include "fuzz/input.hh"
#include "support/ip_expression/ip_expression.hh"
#include "support/ip_line/ip_line.hh"

using namespace clickup;

namespace {

constexpr const char* kGraph =
    "Idle -> plain :: CheckIPHeader(CHECKSUM false) -> Discard;"
    "Idle -> strict :: CheckIPHeader(14, BADSRC 10.0.0.1, DETAILS true) -> Discard;"
    "Idle -> six :: CheckIP6Header(::1) -> Discard;";
constexpr const char* kRules[] = {
    "tcp opt syn and not tcp opt ack", "udp and (src port 53 or dst port > 1024)", "icmp type echo or icmp6 type 128",
    "ip frag and ip proto 17",         "net 10.0.0.0/8 or src net 2001:db8::/32",  "ip ttl < 5 or tcp win 0",
};

std::unique_ptr<Router> make_router() {
  static StandaloneHost host;
  Diagnostics diagnostics;
  std::unique_ptr<Router> router = Router::build(kGraph, "fuzz", diagnostics);
  PROMISE(router && router->initialize(host, diagnostics));
  return router;
}
IpProgram make_program() {
  IpProgram program;
  int output = 0;
  for (const char* rule : kRules) PROMISE(program.add(rule, output++).empty());
  program.compile();
  return program;
}

// What is said about the packet, in words.
std::string outcome(Element& element, const std::vector<uint8_t>& bytes, uint8_t filler) {
  static const IpProgram program = make_program();
  Batch batch;
  batch.add(packet_of(bytes, filler));
  element.process(batch);
  if (batch.empty()) return "refused";
  const Packet& packet = *batch.items[0];
  uint32_t end = packet.begin + packet.length;
  PROMISE(packet.length <= bytes.size() && packet.network_header + 20 <= end);
  PROMISE(packet.transport_header == Packet::kNoHeader || packet.transport_header <= end);
  PROMISE(ip_payload_offset(packet) <= end);
  std::string said = std::to_string(packet.length) + " " + std::to_string(packet.transport_header) + " " +
                     std::to_string(packet.destination_ip) + " " + std::to_string(program.classify(packet)) + " ";
  append_ip_line(said, packet, {true, true, true, true});
  batch.release();
  return said;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::unique_ptr<Router> router = make_router();
  std::vector<uint8_t> bytes(data, data + std::min<size_t>(size, kMaxPacket));
  for (const char* name : {"plain", "strict", "six"}) {
    Element& element = *router->find(name);
    PROMISE(outcome(element, bytes, 0) == outcome(element, bytes, 0xff));
  }
  return 0;
}
