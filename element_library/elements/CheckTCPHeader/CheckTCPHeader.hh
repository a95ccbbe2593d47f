// CheckTCPHeader([VERBOSE, DETAILS]): lets packets with a valid TCP header through.
//
// Ports: 1 input, agnostic; output 0, agnostic, for valid packets; optional output 1, push, for the others (else
// dropped). Checks the protocol, the header length and the checksum (RFC 9293 section 3.1) of IPv4 and IPv6 packets
// whose IP header is marked. Fragments cannot be checked: they count as of bad length. Parameters: VERBOSE, log every
// bad packet and not only the first; DETAILS, count by reason. Handlers: drops (r), bad packets so far, continuing in
// the next worker; drop_details (r, with DETAILS).
#pragma once

#include "support/header_check/header_check.hh"

namespace clickup {

class CheckTCPHeader : public HeaderCheck {
 protected:
  const char* protocol_name() const override { return "TCP"; }
  Reason check(const IpPacket& packet) const override {
    if (packet.protocol != kTcp) return kOther;
    uint32_t length = packet.transport_length();
    if (packet.fragment || length < 20) return kLength;
    uint32_t header = (packet.transport_header()[12] >> 4) * 4u;
    if (header < 20 || header > length) return kLength;
    return transport_sum(packet, length) == 0xffff ? kGood : kChecksum;
  }
};

}  // namespace clickup
