// The IP header that a tunnel adds to packets: IPv4 (RFC 791) or IPv6 (RFC 8200), as the addresses are.
#pragma once

#include <string>

#include "driver/element.hh"
#include "support/ip_packet/ip_packet.hh"
#include "support/kept_counter/kept_counter.hh"

namespace clickup {

class OuterHeader {
 public:
  // Arguments SRC and DST; DST may be DST_ANNO, the packet's destination annotation. Both of one IP version.
  std::string set_ends(std::string_view source, std::string_view destination);
  void set_protocol(uint8_t protocol) { protocol_ = protocol; }
  void set_hops(uint32_t hops) { hops_ = uint8_t(hops); }
  void set_traffic_class(uint32_t value) { traffic_class_ = uint8_t(value); }
  void set_dont_fragment(bool value) { dont_fragment_ = value; }
  // Identifications of IPv4 continue in the next worker, so that no two datagrams in flight share one.
  void open(const Element& element, Host& host, Errors& errors) { sent_.open(element, "sent", host, errors); }
  // Handlers src and dst, live parameters.
  void add_handlers(HandlerTable& handlers, Element& element);

  bool six() const { return ends_.six; }
  uint32_t size() const { return six() ? 40 : 20; }
  // Puts the header before the packet's data and marks it; `read` becomes the packet with it. False, and nothing
  // changed, when there is no room for it. `congestion` are ECN bits besides those of the traffic class.
  bool prepend(Packet& packet, IpPacket& read, uint8_t congestion = 0);

 private:
  struct Ends {
    uint8_t source[16]{}, destination[16]{};
    bool six = false, annotated = false;  // annotated: the destination is the packet's annotation
  };

  static std::string read_ends(std::string_view source, std::string_view destination, Ends& ends);
  std::string source_text() const;
  std::string destination_text() const;
  void write4(uint8_t* ip, uint32_t length, uint8_t traffic_class, const uint8_t* destination);
  void write6(uint8_t* ip, uint32_t length, uint8_t traffic_class, const uint8_t* destination) const;

  Ends ends_;
  bool dont_fragment_ = false;
  uint8_t protocol_ = 0, hops_ = 250, traffic_class_ = 0;
  KeptCounter sent_;
};

}  // namespace clickup
