#include "support/icmp_error/icmp_error.hh"

#include <algorithm>
#include <cstring>

#include "driver/arguments.hh"

namespace clickup {
namespace {

constexpr uint8_t kUnreachable = 3, kSourceQuench = 4, kRedirect = 5, kTimeExceeded = 11, kParameterProblem = 12;
constexpr uint8_t kHops4 = 200, kHops6 = 255;

struct Name {
  const char* name;
  uint8_t number;
};
constexpr Name kTypes[] = {{"unreachable", kUnreachable},
                           {"sourcequench", kSourceQuench},
                           {"redirect", kRedirect},
                           {"timeexceeded", kTimeExceeded},
                           {"parameterproblem", kParameterProblem}};
struct CodeName {
  uint8_t type;
  const char* name;
  uint8_t number;
};
constexpr CodeName kCodes[] = {{kUnreachable, "net", 0},
                               {kUnreachable, "host", 1},
                               {kUnreachable, "protocol", 2},
                               {kUnreachable, "port", 3},
                               {kUnreachable, "needfrag", 4},
                               {kUnreachable, "srcfail", 5},
                               {kUnreachable, "isolated", 8},
                               {kUnreachable, "filter_prohibited", 13},
                               {kRedirect, "net", 0},
                               {kRedirect, "host", 1},
                               {kTimeExceeded, "transit", 0},
                               {kTimeExceeded, "reassembly", 1},
                               {kParameterProblem, "erroratptr", 0},
                               {kParameterProblem, "missingopt", 1},
                               {kParameterProblem, "length", 2}};

bool read_byte(std::string_view text, uint8_t& byte) {
  uint64_t value = 0;
  if (!parse_unsigned(text, value) || value > 255) return false;
  byte = uint8_t(value);
  return true;
}

bool is_single4(const uint8_t* address) { return address[0] != 0 && address[0] != 127 && address[0] < 224; }

bool is_single6(const uint8_t* address) {
  static constexpr uint8_t zero[15]{};
  bool unspecified_or_loopback = std::memcmp(address, zero, 15) == 0 && address[15] <= 1;
  return address[0] != 0xff && !unspecified_or_loopback;
}

bool is_error4(const IpPacket& read) {
  if (read.protocol != kIcmp || read.transport_length() < 1) return read.protocol == kIcmp;
  uint8_t type = read.transport_header()[0];
  return type == kUnreachable || type == kSourceQuench || type == kRedirect || type == kTimeExceeded ||
         type == kParameterProblem;
}

bool is_error6(const IpPacket& read) {
  if (read.protocol != kIcmp6 || read.transport_length() < 1) return read.protocol == kIcmp6;
  uint8_t type = read.transport_header()[0];
  return type < 128 || type == 137;  // redirects count as errors here
}

void store16(uint8_t* at, uint32_t value) {
  at[0] = uint8_t(value >> 8);
  at[1] = uint8_t(value);
}

void write_header4(uint8_t* ip, const IpPacket& about, const uint8_t* source, uint16_t ident, uint32_t length) {
  std::memset(ip, 0, 20);
  ip[0] = 0x45;
  store16(ip + 2, length);
  store16(ip + 4, ident);
  ip[8] = kHops4;
  ip[9] = kIcmp;
  std::memcpy(ip + 12, source, 4);
  std::memcpy(ip + 16, about.source(), 4);
  set_ip4_checksum(ip);
}

void write_header6(uint8_t* ip, const IpPacket& about, const uint8_t* source, uint32_t length) {
  std::memset(ip, 0, 40);
  ip[0] = 0x60;
  store16(ip + 4, length - 40);
  ip[6] = kIcmp6;
  ip[7] = kHops6;
  std::memcpy(ip + 8, source, 16);
  std::memcpy(ip + 24, about.source(), 16);
}

}  // namespace

bool read_icmp_error(std::string_view type, std::string_view code, IcmpError& error) {
  bool known = read_byte(type, error.type);
  for (const Name& one : kTypes) {
    if (type != one.name) continue;
    error.type = one.number;
    known = true;
  }
  bool known_code = code.empty() || read_byte(code, error.code);
  for (const CodeName& one : kCodes) {
    if (one.type != error.type || code != one.name) continue;
    error.code = one.number;
    known_code = true;
  }
  return known && known_code;
}

bool to_icmp6(const IcmpError& error, IcmpError& six) {
  struct Pair {
    uint8_t type, code, type6, code6;
  };
  static constexpr Pair pairs[] = {{kUnreachable, 0, 1, 0},  {kUnreachable, 1, 1, 3},  {kUnreachable, 2, 4, 1},
                                   {kUnreachable, 3, 1, 4},  {kUnreachable, 4, 2, 0},  {kUnreachable, 8, 1, 2},
                                   {kUnreachable, 9, 1, 1},  {kUnreachable, 10, 1, 1}, {kUnreachable, 13, 1, 1},
                                   {kTimeExceeded, 0, 3, 0}, {kTimeExceeded, 1, 3, 1}, {kParameterProblem, 0, 4, 0}};
  for (const Pair& pair : pairs) {
    if (pair.type != error.type || pair.code != error.code) continue;
    // Protocol unreachable points at the field that names it.
    six = {pair.type6, pair.code6, pair.type6 == 4 && pair.code6 == 1 ? 6 : error.rest};
    return true;
  }
  return false;
}

bool may_have_error(const Packet& packet, const IpPacket& read, bool too_big) {
  bool link_group = packet.mac_header != Packet::kNoHeader && (packet.buffer[packet.mac_header] & 1) != 0;
  if (!read.first) return false;
  if (read.six) {
    bool group = read.destination()[0] == 0xff || link_group;
    return !is_error6(read) && is_single6(read.source()) && (!group || too_big);
  }
  return !link_group && !is_error4(read) && is_single4(read.source()) && is_single4(read.destination());
}

Packet* make_icmp_error(const IpPacket& about, const IcmpError& error, const uint8_t* source, uint16_t ident,
                        uint32_t most) {
  Packet* made = packet_pool().allocate();
  if (!made) return nullptr;
  uint32_t header = about.six ? 40 : 20, quoted = std::min(about.length, most - header - 8);
  made->length = header + 8 + quoted;
  uint8_t* ip = made->data();
  uint8_t* icmp = ip + header;
  const uint8_t start[8]{error.type,
                         error.code,
                         0,
                         0,
                         uint8_t(error.rest >> 24),
                         uint8_t(error.rest >> 16),
                         uint8_t(error.rest >> 8),
                         uint8_t(error.rest)};
  std::memcpy(icmp, start, sizeof start);
  std::memcpy(icmp + 8, about.ip, quoted);
  if (about.six) write_header6(ip, about, source, made->length);
  else write_header4(ip, about, source, ident, made->length);
  made->network_header = made->begin;
  made->transport_header = made->begin + header;
  std::memcpy(made->destination_ip6, about.source(), about.address_size());
  IpPacket written;
  read_ip_packet(*made, written);
  if (about.six) {
    set_transport_checksum(written, 2, 8 + quoted);
  } else {
    uint16_t sum = uint16_t(~internet_sum(icmp, 8 + quoted));
    std::memcpy(icmp + 2, &sum, 2);
  }
  return made;
}

}  // namespace clickup
