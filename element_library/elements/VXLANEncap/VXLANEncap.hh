// VXLANEncap(SRC, DST, VNI [, PORT, TTL, TOS, DF]): puts Ethernet frames into a VXLAN tunnel (RFC 7348).
//
// Ports: 1 input, 1 output, agnostic. Puts VXLAN, UDP and IP headers around frames, marks the latter and sets the
// destination annotation. The source port is a hash of the frame's flow, so that the network on the way can spread
// flows. Frames that would not fit into their buffer are dropped. The UDP checksum is left out in IPv4. Parameters: SRC
// and DST, both of IPv4 or of IPv6, DST may be DST_ANNO for the packet's destination annotation; VNI, network
// identifier, 0 to 16777215; PORT, destination port (4789); TTL (64); TOS (0); DF, sets Don't Fragment (false).
// Handlers: src, dst, vni (rw).
#pragma once

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/flow_hash/flow_hash.hh"
#include "support/live_handlers/live_handlers.hh"
#include "support/udp_header/udp_header.hh"

namespace clickup {

class VXLANEncap : public Element {
 public:
  static constexpr uint32_t kMostVni = (1u << 24) - 1;

  void configure(Arguments& arguments, Errors& errors) override {
    std::string source, destination;
    uint32_t hops = 64, type_of_service = 0;
    bool dont_fragment = false;
    arguments.positional("SRC", source).positional("DST", destination).positional("VNI", vni_);
    arguments.keyword("PORT", port_).keyword("TTL", hops).keyword("TOS", type_of_service);
    arguments.keyword("DF", dont_fragment).finish(errors);
    if (!errors.empty()) return;
    if (vni_ > kMostVni || port_ > 65535) errors.add("VNI is at most 16777215 and PORT at most 65535");
    if (hops == 0 || hops > 255 || type_of_service > 255) errors.add("TTL is 1 to 255 and TOS at most 255");
    if (std::string problem = header_.set_ends(source, destination); !problem.empty()) errors.add(problem);
    header_.set_protocol(kUdp);
    header_.set_hops(hops);
    header_.set_traffic_class(type_of_service);
    header_.set_dont_fragment(dont_fragment);
  }

  void initialize(Host& host, Errors& errors) override { header_.open(*this, host, errors); }
  void add_handlers(HandlerTable& handlers) override {
    header_.add_handlers(handlers, *this);
    live_number(handlers, *this, "vni", "VNI", vni_, 0, kMostVni);
  }

  void process(Batch& batch) override {
    Batch bad;
    filter_batch(batch, bad, [this](Packet& packet) { return encapsulate(packet); });
    bad.release();
  }

 private:
  bool encapsulate(Packet& packet) {
    uint16_t source_port = uint16_t(0xc000 | (flow_of(packet) & 0x3fff));
    if (!make_headroom(packet, 8)) return false;
    const uint8_t vxlan[8]{8, 0, 0, 0, uint8_t(vni_ >> 16), uint8_t(vni_ >> 8), uint8_t(vni_), 0};
    std::memcpy(packet.data(), vxlan, sizeof vxlan);
    return prepend_udp(packet, header_, source_port, uint16_t(port_), false);
  }

  // Of the IP packet in the frame, else of the frame's addresses.
  static uint64_t flow_of(Packet& packet) {
    if (packet.length < 14) return 0;
    uint32_t marked = packet.network_header;
    packet.network_header = packet.begin + 14;
    IpPacket inner;
    uint16_t type = load16(packet.data() + 12);
    bool ip = (type == 0x0800 || type == 0x86dd) && read_ip_packet(packet, inner);
    packet.network_header = marked;
    return ip ? flow_hash(inner, FlowPart::flow) : flow_hash_detail::of_address(packet.data(), 12);
  }

  OuterHeader header_;
  uint32_t vni_ = 0, port_ = 4789;
};

}  // namespace clickup
