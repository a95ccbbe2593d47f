#include "support/outer_header/outer_header.hh"

#include <arpa/inet.h>

#include <cstring>

#include "support/headroom/headroom.hh"
#include "support/live_handlers/live_handlers.hh"

namespace clickup {
namespace {

void store16(uint8_t* at, uint32_t value) {
  at[0] = uint8_t(value >> 8);
  at[1] = uint8_t(value);
}

std::string read_address(std::string_view text, uint8_t* address, bool& six) {
  std::string word(text);
  six = word.find(':') != std::string::npos;
  if (inet_pton(six ? AF_INET6 : AF_INET, word.c_str(), address) == 1) return "";
  return "'" + word + "' is not an IPv4 or IPv6 address";
}

std::string end_text(const uint8_t* address, bool six) {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(six ? AF_INET6 : AF_INET, address, text, sizeof text);
}

}  // namespace

std::string OuterHeader::read_ends(std::string_view source, std::string_view destination, Ends& ends) {
  std::string problem = read_address(source, ends.source, ends.six);
  ends.annotated = destination == "DST_ANNO";
  if (!problem.empty() || ends.annotated) return problem;
  bool six = false;
  problem = read_address(destination, ends.destination, six);
  return problem.empty() && six != ends.six ? "SRC and DST are of different IP versions" : problem;
}

std::string OuterHeader::set_ends(std::string_view source, std::string_view destination) {
  Ends ends;
  std::string problem = read_ends(source, destination, ends);
  if (problem.empty()) ends_ = ends;
  return problem;
}

std::string OuterHeader::source_text() const { return end_text(ends_.source, six()); }
std::string OuterHeader::destination_text() const {
  return ends_.annotated ? "DST_ANNO" : end_text(ends_.destination, six());
}

void OuterHeader::add_handlers(HandlerTable& handlers, Element& element) {
  live_handler(
      handlers, element, "src", "SRC", [this] { return source_text(); },
      [this](std::string_view value) { return set_ends(value, destination_text()); });
  live_handler(
      handlers, element, "dst", "DST", [this] { return destination_text(); },
      [this](std::string_view value) { return set_ends(source_text(), value); });
}

bool OuterHeader::prepend(Packet& packet, IpPacket& read, uint8_t congestion) {
  uint32_t length = packet.length + size();
  if (length > 0xffff || !make_headroom(packet, size())) return false;
  uint8_t destination[16];
  std::memcpy(destination, ends_.annotated ? packet.destination_ip6 : ends_.destination, sizeof destination);
  uint8_t traffic_class = uint8_t(traffic_class_ | congestion);
  if (six()) write6(packet.data(), length, traffic_class, destination);
  else write4(packet.data(), length, traffic_class, destination);
  packet.network_header = packet.begin;
  packet.transport_header = packet.begin + size();
  packet.mac_header = Packet::kNoHeader;
  std::memcpy(packet.destination_ip6, destination, six() ? 16 : 4);
  sent_.add(packet);
  return read_ip_packet(packet, read);
}

void OuterHeader::write4(uint8_t* ip, uint32_t length, uint8_t traffic_class, const uint8_t* destination) {
  ip[0] = 0x45;
  ip[1] = traffic_class;
  store16(ip + 2, length);
  store16(ip + 4, uint16_t(sent_.packets()));
  store16(ip + 6, dont_fragment_ ? 0x4000 : 0);
  ip[8] = hops_;
  ip[9] = protocol_;
  std::memcpy(ip + 12, ends_.source, 4);
  std::memcpy(ip + 16, destination, 4);
  set_ip4_checksum(ip);
}

void OuterHeader::write6(uint8_t* ip, uint32_t length, uint8_t traffic_class, const uint8_t* destination) const {
  const uint8_t start[4]{uint8_t(0x60 | traffic_class >> 4), uint8_t(traffic_class << 4), 0, 0};
  std::memcpy(ip, start, sizeof start);
  store16(ip + 4, length - 40);
  ip[6] = protocol_;
  ip[7] = hops_;
  std::memcpy(ip + 8, ends_.source, 16);
  std::memcpy(ip + 24, destination, 16);
}

}  // namespace clickup
