// CheckIPHeader, CheckIP6Header and what reads the packets that they let through. Nothing may depend on what lies
// behind a packet in its buffer.
#include "fuzz/witness.hh"
#include "support/ip_line/ip_line.hh"

using namespace clickup;

namespace {

constexpr const char* kGraph =
    "Idle -> plain :: CheckIPHeader(CHECKSUM false) -> Discard;"
    "Idle -> strict :: CheckIPHeader(14, BADSRC 10.0.0.1, DETAILS true) -> Discard;"
    "Idle -> six :: CheckIP6Header(::1) -> Discard;"
    "Idle -> f :: IPFilter(0 tcp opt syn and not tcp opt ack, 1 udp and (src port 53 or dst port > 1024),"
    "  2 icmp type echo or icmp6 type 128, 3 ip frag and ip proto 17, 4 net 10.0.0.0/8 or src net 2001:db8::/32,"
    "  5 ip ttl < 5 or tcp win 0);"
    "f -> w :: Witness; f[1] -> [1]w; f[2] -> [2]w; f[3] -> [3]w; f[4] -> [4]w; f[5] -> [5]w;";

// The verdicts on the packet, as text.
std::string outcome(Router& router, const char* name, const std::vector<uint8_t>& bytes, uint8_t filler) {
  Batch batch;
  batch.add(packet_of(bytes, filler));
  router.find(name)->process(batch);
  if (batch.empty()) return "refused";
  const Packet& packet = *batch.items[0];
  uint32_t end = packet.begin + packet.length;
  PROMISE(packet.length <= bytes.size() && packet.network_header + 20 <= end);
  PROMISE(packet.transport_header == Packet::kNoHeader || packet.transport_header <= end);
  PROMISE(ip_payload_offset(packet) <= end);
  std::string said = std::to_string(packet.length) + " " + std::to_string(packet.transport_header) + " " +
                     std::to_string(packet.destination_ip) + " ";
  append_ip_line(said, packet, {true, true, true, true});
  return said + " " + std::to_string(output_of(*router.find("f"), batch.items[0]));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::unique_ptr<Router> router = fuzz_router(kGraph);
  std::vector<uint8_t> bytes(data, data + std::min<size_t>(size, kMaxPacket));
  for (const char* name : {"plain", "strict", "six"})
    PROMISE(outcome(*router, name, bytes, 0) == outcome(*router, name, bytes, 0xff));
  return 0;
}
