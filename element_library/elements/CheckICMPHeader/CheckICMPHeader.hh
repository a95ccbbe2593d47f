// CheckICMPHeader([VERBOSE, DETAILS]): lets packets with a valid ICMP header through.
//
// Ports: 1 input, agnostic; output 0, agnostic, for valid packets; optional output 1, push, for the others (else
// dropped). Checks the protocol, the length that the message's type needs and the checksum, of ICMP (RFC 792) in IPv4
// packets and ICMPv6 (RFC 4443) in IPv6 packets whose IP header is marked. Fragments cannot be checked: they count as
// of bad length. Parameters: VERBOSE, log every bad packet and not only the first; DETAILS, count by reason. Handlers:
// drops (r), bad packets so far, continuing in the next worker; drop_details (r, with DETAILS).
#pragma once

#include "support/header_check/header_check.hh"

namespace clickup {

class CheckICMPHeader : public HeaderCheck {
 protected:
  const char* protocol_name() const override { return "ICMP"; }
  Reason check(const IpPacket& packet) const override {
    if (packet.protocol != (packet.six ? kIcmp6 : kIcmp)) return kOther;
    uint32_t length = packet.transport_length();
    if (packet.fragment || length < 8) return kLength;
    const uint8_t* icmp = packet.transport_header();
    if (packet.six) {
      if (icmp[0] < 128 && length < 8 + 40) return kLength;  // an error quotes an IP header
      return transport_sum(packet, length) == 0xffff ? kGood : kChecksum;
    }
    if (!good_length(icmp[0], length)) return kLength;
    return internet_checksum_ok(icmp, length) ? kGood : kChecksum;
  }

 private:
  static bool good_length(uint8_t type, uint32_t length) {
    switch (type) {
      case 3:
      case 4:
      case 5:
      case 11:
      case 12:  // errors quote an IP header and 64 bits
        return length >= 8 + 28;
      case 13:
      case 14:  // timestamps
        return length == 20;
      case 15:
      case 16:  // information request and reply
        return length == 8;
      default: return true;
    }
  }
};

}  // namespace clickup
