// CheckUDPHeader([VERBOSE, DETAILS]): lets packets with a valid UDP header through.
//
// Ports: 1 input, agnostic; output 0, agnostic, for valid packets; optional output 1, push, for the others (else
// dropped). Checks the protocol, the length and the checksum (RFC 768) of IPv4 and IPv6 packets whose IP header is
// marked; a checksum may be missing in IPv4 only (RFC 8200 section 8.1). Fragments cannot be checked: they count as of
// bad length. Parameters: VERBOSE, log every bad packet and not only the first; DETAILS, count by reason. Handlers:
// drops (r), bad packets so far, continuing in the next worker; drop_details (r, with DETAILS).
#pragma once

#include "support/header_check/header_check.hh"

namespace clickup {

class CheckUDPHeader : public HeaderCheck {
 protected:
  const char* protocol_name() const override { return "UDP"; }
  Reason check(const IpPacket& packet) const override {
    if (packet.protocol != kUdp) return kOther;
    if (packet.fragment || packet.transport_length() < 8) return kLength;
    const uint8_t* udp = packet.transport_header();
    uint32_t length = load16(udp + 4);
    if (length < 8 || length > packet.transport_length()) return kLength;
    if (load16(udp + 6) == 0) return packet.six ? kChecksum : kGood;
    return transport_sum(packet, length) == 0xffff ? kGood : kChecksum;
  }
};

}  // namespace clickup
