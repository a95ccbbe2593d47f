// VXLANDecap(VNI [, PORT, LOCAL, REMOTE]): takes Ethernet frames out of a VXLAN tunnel (RFC 7348).
//
// Ports: 1 input, push; output 0, push, for the frames; optional output 1, push, for what is not of this tunnel, as it
// came: another protocol, port, network or end, a fragment, a wrong checksum (else dropped). The outer IP header must
// be marked. Parameters: VNI, network identifier; PORT, destination port (4789); LOCAL and REMOTE, addresses of the
// tunnel's ends. Handlers: count (r), frames so far, continuing in the next worker; vni (rw).
#pragma once

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/kept_counter/kept_counter.hh"
#include "support/live_handlers/live_handlers.hh"
#include "support/tunnel_end/tunnel_end.hh"

namespace clickup {

class VXLANDecap : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string local, remote;
    arguments.positional("VNI", vni_).keyword("PORT", port_).keyword("LOCAL", local).keyword("REMOTE", remote);
    arguments.finish(errors);
    if (vni_ >> 24 != 0 || port_ > 65535) errors.add("VNI is at most 16777215 and PORT at most 65535");
    if (std::string problem = ends_.set(local, remote); !problem.empty()) errors.add(problem);
  }

  void initialize(Host& host, Errors& errors) override { count_.open(*this, "count", host, errors); }
  void add_handlers(HandlerTable& handlers) override {
    handlers.read("count", [this] { return count_.text(); });
    live_number(handlers, *this, "vni", "VNI", vni_, 0, (1u << 24) - 1);
  }

  void push(int, Batch& batch) override {
    Batch others;
    filter_batch(batch, others, [this](Packet& packet) { return decapsulate(packet); });
    output(0).push(batch);
    if (!others.empty()) push_or_release(1, others);
  }

 private:
  bool decapsulate(Packet& packet) {
    IpPacket outer;
    bool whole = read_ip_packet(packet, outer) && outer.protocol == kUdp && !outer.fragment && ends_.match(outer);
    if (!whole || packet.network_header < packet.begin || outer.transport_length() < 16) return false;
    const uint8_t* udp = outer.transport_header();
    uint32_t length = load16(udp + 4);
    if (load16(udp + 2) != port_ || length < 16 || length > outer.transport_length()) return false;
    if (load16(udp + 6) != 0 && transport_sum(outer, length) != 0xffff) return false;
    const uint8_t* vxlan = udp + 8;
    if ((vxlan[0] & 8) == 0 || load32(vxlan + 4) >> 8 != vni_) return false;
    count_.add(packet);
    packet.strip(packet.network_header + outer.transport + 16 - packet.begin);
    packet.length = length - 16;
    packet.mac_header = packet.begin;
    packet.network_header = packet.transport_header = Packet::kNoHeader;
    return true;
  }

  TunnelEnds ends_;
  uint32_t vni_ = 0, port_ = 4789;
  KeptCounter count_;
};

}  // namespace clickup
