// CheckIP6Header([BADADDRS, OFFSET]): lets valid IPv6 packets through.
//
// Ports: 1 input, agnostic; output 0, agnostic, for valid packets; optional output 1, push, for the others (else
// dropped). Checks version and payload length, and that the source is not multicast (RFC 8200, RFC 4291 section 2.7).
// Sets the network header position, the destination annotation, and the transport header position behind the extension
// headers when they are whole; cuts what follows the IP packet, such as Ethernet padding.
// Parameters: BADADDRS, source addresses to refuse, separated by spaces; OFFSET of the IP header in bytes (0).
// Handlers: drops (r), bad packets so far, continuing in the next worker.
#pragma once

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <sstream>
#include <vector>

#include "support/header_check/packet_check.hh"
#include "support/ip_fields/ip_fields.hh"

namespace clickup {

class CheckIP6Header : public PacketCheck<CheckIP6Header> {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string bad;
    arguments.positional("BADADDRS", bad, false).positional("OFFSET", offset_, false).finish(errors);
    std::istringstream words(bad);
    for (std::string word; words >> word;) {
      Address address;
      if (inet_pton(AF_INET6, word.c_str(), address.data()) == 1) {
        bad_sources_.push_back(address);
      } else {
        errors.add("BADADDRS: expected IPv6 addresses, found '" + word + "'");
      }
    }
  }

 private:
  friend PacketCheck<CheckIP6Header>;
  using Address = std::array<uint8_t, 16>;

  bool accept(Packet& packet) {
    uint32_t there = packet.length > offset_ ? packet.length - offset_ : 0;
    const uint8_t* ip = packet.data() + offset_;
    if (there < 40) return refuse("packet too short");
    uint32_t total = 40u + load16(ip + 4);
    if (ip[0] >> 4 != 6) return refuse("bad IP version");
    if (total > there) return refuse("bad IP length");
    if (ip[8] == 0xff || is_bad_source(ip + 8)) return refuse("bad source address");
    Ip6Transport transport = find_ip6_transport(ip, total);
    packet.network_header = packet.begin + offset_;
    std::memcpy(packet.destination_ip6, ip + 24, 16);
    packet.transport_header = transport.complete ? packet.network_header + transport.offset : Packet::kNoHeader;
    packet.length = offset_ + total;
    return true;
  }

  bool is_bad_source(const uint8_t* source) const {
    return std::any_of(bad_sources_.begin(), bad_sources_.end(),
                       [&](const Address& bad) { return std::equal(bad.begin(), bad.end(), source); });
  }

  [[gnu::cold, gnu::noinline]] bool refuse(const char* reason) {
    if (!warned_) chatter(*this, reason);
    warned_ = true;
    return false;
  }

  uint32_t offset_ = 0;
  bool warned_ = false;
  std::vector<Address> bad_sources_;
};

}  // namespace clickup
