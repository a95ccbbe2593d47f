// The receiving end of a tunnel: recognises its packets, and handles congestion marks (RFC 6040).
#pragma once

#include <arpa/inet.h>

#include <string>

#include "support/ip_packet/ip_packet.hh"
#include "support/traffic_class/traffic_class.hh"

namespace clickup {

// Outer addresses that a tunnel's packets must have; any when empty.
class TunnelEnds {
 public:
  std::string set(const std::string& local, const std::string& remote) {
    std::string problem = read("LOCAL", local, local_);
    return problem.empty() ? read("REMOTE", remote, remote_) : problem;
  }
  bool match(const IpPacket& packet) const {
    return local_.matches(packet.destination(), packet.six) && remote_.matches(packet.source(), packet.six);
  }

 private:
  struct Address {
    bool given = false, six = false;
    uint8_t bytes[16]{};
    bool matches(const uint8_t* address, bool is_six) const {
      return !given || (six == is_six && std::memcmp(bytes, address, six ? 16 : 4) == 0);
    }
  };
  static std::string read(const char* keyword, const std::string& text, Address& address) {
    address.given = !text.empty();
    address.six = text.find(':') != std::string::npos;
    bool good = !address.given || inet_pton(address.six ? AF_INET6 : AF_INET, text.c_str(), address.bytes) == 1;
    return good ? "" : std::string(keyword) + ": '" + text + "' is not an IPv4 or IPv6 address";
  }

  Address local_, remote_;
};

// ECN bits of an IP header of either version.
inline uint8_t congestion_of(const uint8_t* ip) { return (ip[0] >> 4 == 4 ? ip[1] : ip[1] >> 4) & 3; }

// ECN bits for the outer header: those of the payload if that is an IP packet.
inline uint8_t outer_congestion(const uint8_t* payload, uint32_t length) {
  bool ip = (length >= 20 && payload[0] >> 4 == 4) || (length >= 40 && payload[0] >> 4 == 6);
  return ip ? congestion_of(payload) : 0;
}

// Copies a congestion mark of the outer header to the IP packet at the packet's data. False: the packet must be
// dropped, because its sender does not support the mark.
inline bool hand_congestion_on(Packet& packet, uint8_t outer) {
  if (outer != 3) return true;
  packet.network_header = packet.begin;
  uint8_t version = packet.length >= 20 ? packet.data()[0] >> 4 : 0;
  if (version != 4 && version != 6) return true;
  return mark_congestion(packet);
}

}  // namespace clickup
