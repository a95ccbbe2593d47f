// ICMP errors (RFC 792, RFC 1812 section 4.3.2) and ICMPv6 errors (RFC 4443) about IP packets.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "driver/packet.hh"
#include "support/ip_packet/ip_packet.hh"

namespace clickup {

struct IcmpError {
  uint8_t type = 0, code = 0;
  uint32_t rest = 0;  // second word of the header: MTU, pointer or gateway
};

// Type and code as numbers or as Click's names; false when they are neither.
bool read_icmp_error(std::string_view type, std::string_view code, IcmpError& error);
// The ICMPv6 error that corresponds to an ICMP error; false when there is none.
bool to_icmp6(const IcmpError& error, IcmpError& six);

// Whether an error may be sent about the packet: not about an error, a later fragment, a packet to or from more than
// one host, or one without a source (RFC 1812 section 4.3.2.7, RFC 4443 section 2.4).
bool may_have_error(const Packet& packet, const IpPacket& read, bool too_big);

// The error as a new packet, with its header marked and the destination annotation set, `most` bytes long at most.
// `source` is an address of the packet's IP version. nullptr when the packet pool is empty.
Packet* make_icmp_error(const IpPacket& about, const IcmpError& error, const uint8_t* source, uint16_t ident,
                        uint32_t most);

}  // namespace clickup
