#include "support/ip_line/ip_line.hh"

#include <algorithm>

#include "support/ip_expression/ip_names.hh"
#include "support/ip_fields/ip_fields.hh"

namespace clickup {
namespace {

// Positions of the parts of the packet that are present.
struct Parts {
  const uint8_t* ip = nullptr;
  const uint8_t* transport = nullptr;
  uint32_t transport_length = 0;
  uint8_t protocol = kNoNextHeader;
  uint32_t ip_length = 0;  // as the header says
  uint32_t fragment_offset = 0, id = 0;
  bool fragment = false, more = false;
  std::string source, destination;
};

std::string address_text(int family, const uint8_t* address) {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(family, address, text, sizeof text);
}

void locate4(Parts& parts, uint32_t length) {
  const uint8_t* ip = parts.ip;
  uint32_t header = (ip[0] & 15u) * 4, fragment = load16(ip + 6);
  parts.ip_length = load16(ip + 2);
  parts.protocol = ip[9];
  parts.id = load16(ip + 4);
  parts.fragment = (fragment & 0x3fff) != 0;
  parts.more = (fragment & 0x2000) != 0;
  parts.fragment_offset = (fragment & 0x1fff) * 8;
  parts.source = address_text(AF_INET, ip + 12);
  parts.destination = address_text(AF_INET, ip + 16);
  uint32_t end = std::min(length, parts.ip_length);
  if (header > end) return;
  parts.transport = ip + header;
  parts.transport_length = end - header;
}

void locate6(Parts& parts, uint32_t length) {
  parts.ip_length = 40u + load16(parts.ip + 4);
  uint32_t end = std::min(length, parts.ip_length);
  Ip6Transport found = find_ip6_transport(parts.ip, end);
  parts.protocol = found.protocol;
  parts.fragment = found.fragment;
  parts.fragment_offset = found.first ? 0 : 8;
  parts.source = address_text(AF_INET6, parts.ip + 8);
  parts.destination = address_text(AF_INET6, parts.ip + 24);
  if (!found.complete) return;
  parts.transport = parts.ip + found.offset;
  parts.transport_length = end - found.offset;
}

// False when there is no whole IP header.
bool locate(const Packet& packet, Parts& parts) {
  uint32_t end = packet.begin + packet.length;
  if (packet.network_header == Packet::kNoHeader || packet.network_header + 20 > end) return false;
  parts.ip = packet.buffer + packet.network_header;
  uint32_t length = end - packet.network_header;
  if (parts.ip[0] >> 4 == 4) {
    locate4(parts, length);
  } else if (parts.ip[0] >> 4 == 6 && length >= 40) {
    locate6(parts, length);
  } else {
    return false;
  }
  return true;
}

void append_flags(std::string& line, uint8_t flags) {
  size_t before = line.size();
  if (flags & 0x02) line += 'S';
  if (flags & 0x01) line += 'F';
  if (flags & 0x04) line += 'R';
  if (flags & 0x08) line += 'P';
  if (line.size() == before) line += '.';
}

void append_tcp(std::string& line, const Packet& packet, const Parts& parts) {
  const uint8_t* tcp = parts.transport;
  if (parts.transport_length < 20) {
    line += "truncated-tcp";
    return;
  }
  append_flags(line, tcp[13]);
  uint32_t header = uint32_t(tcp - parts.ip) + (tcp[12] >> 4) * 4u;
  uint32_t data = parts.ip_length > header ? parts.ip_length - header : 0;
  data += (tcp[13] >> 1 & 1u) + (tcp[13] & 1u);  // SYN and FIN take a sequence number each
  uint32_t sequence = load32(tcp + 4);
  line += " " + std::to_string(sequence) + ":" + std::to_string(sequence + data) + "(" + std::to_string(data) + "," +
          std::to_string(packet.length) + "," + std::to_string(parts.ip_length) + ")";
  if (tcp[13] & 0x10) line += " ack " + std::to_string(load32(tcp + 8));
  line += " win " + std::to_string(load16(tcp + 14));
}

std::string_view name_of(std::span<const NamedNumber> names, uint32_t number) {
  for (const NamedNumber& entry : names) {
    if (entry.number == number) return entry.name;
  }
  return {};
}

void append_icmp(std::string& line, const Parts& parts) {
  bool six = parts.protocol == kIcmp6;
  line += six ? "icmp6 " : "icmp ";
  if (parts.transport_length < 8) {
    line += "truncated";
    return;
  }
  const uint8_t* icmp = parts.transport;
  std::string_view name = name_of(six ? icmp6_type_names() : icmp_type_names(), icmp[0]);
  line += name.empty() ? "type " + std::to_string(icmp[0]) : std::string(name);
  if (name == "echo" || name == "echo-reply") {
    line += " (" + std::to_string(load16(icmp + 4)) + ", " + std::to_string(load16(icmp + 6)) + ")";
  } else if (icmp[1] != 0) {
    line += " code " + std::to_string(icmp[1]);
  }
}

void append_transport(std::string& line, const Packet& packet, const Parts& parts) {
  bool ports = (parts.protocol == kTcp || parts.protocol == kUdp) && parts.fragment_offset == 0;
  bool ported = ports && parts.transport_length >= 4;
  line += parts.source;
  if (ported) line += "." + std::to_string(load16(parts.transport));
  line += " > " + parts.destination;
  if (ported) line += "." + std::to_string(load16(parts.transport + 2));
  line += ": ";
  bool icmp = parts.protocol == kIcmp || parts.protocol == kIcmp6;
  if (ported && parts.protocol == kTcp) {
    append_tcp(line, packet, parts);
  } else if (ported) {
    line += "udp " + (parts.transport_length < 8 ? "truncated" : std::to_string(load16(parts.transport + 4)));
  } else if (icmp && parts.fragment_offset == 0) {
    append_icmp(line, parts);
  } else {
    std::string_view name = name_of(protocol_names(), parts.protocol);
    line += name.empty() ? "ip-proto-" + std::to_string(parts.protocol) : std::string(name);
  }
}

void append_number(std::string& line, bool wanted, const char* name, uint32_t number) {
  if (wanted) line += std::string(name) + " " + std::to_string(number) + " ";
}

}  // namespace

void append_ip_line(std::string& line, const Packet& packet, const IpLineOptions& options) {
  Parts parts;
  if (!locate(packet, parts)) {
    line += "truncated-ip";
    return;
  }
  bool four = parts.ip[0] >> 4 == 4;
  append_number(line, options.id && four, "id", parts.id);
  append_number(line, options.ttl, "ttl", four ? parts.ip[8] : parts.ip[7]);
  append_number(line, options.tos, "tos", four ? parts.ip[1] : load16(parts.ip) >> 4 & 0xff);
  append_number(line, options.length, "length", parts.ip_length);
  append_transport(line, packet, parts);
  if (parts.fragment && four) {
    line += " (frag " + std::to_string(parts.id) + ":" + std::to_string(parts.transport_length) + "@" +
            std::to_string(parts.fragment_offset) + (parts.more ? "+)" : ")");
  } else if (parts.fragment) {
    line += " (frag)";
  }
}

uint32_t ip_payload_offset(const Packet& packet) {
  uint32_t end = packet.begin + packet.length;
  Parts parts;
  if (!locate(packet, parts) || !parts.transport) return end;
  uint32_t at = uint32_t(parts.transport - packet.buffer);
  bool first = parts.fragment_offset == 0;
  if (first && parts.protocol == kTcp && parts.transport_length >= 20) at += (parts.transport[12] >> 4) * 4u;
  if (first && parts.protocol == kUdp) at += 8;
  return std::min(at, end);
}

}  // namespace clickup
