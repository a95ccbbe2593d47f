// GREDecap([KEY, LOCAL, REMOTE]): takes packets out of a GRE tunnel (RFC 2784, RFC 2890).
//
// Ports: 1 input, push; 1 to 4 outputs, push. The outer IP header must be marked. Output 0: IPv4 packets; output 1:
// IPv6 packets; output 2: Ethernet frames; output 3: what is not of this tunnel, as it came: another protocol, key or
// end, a fragment, a wrong checksum, source routing. Where one is not connected its packets are dropped. Sequence
// numbers are passed over. A congestion mark of the outer header is handed on, or the packet is dropped when its sender
// could not take that (RFC 6040). What comes out needs its own check. Parameters: KEY, packets have this key, or none
// when it is left out; LOCAL and REMOTE, addresses of the tunnel's ends. Handlers: count (r), packets of this tunnel,
// continuing in the next worker.
#pragma once

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/kept_counter/kept_counter.hh"
#include "support/live_handlers/live_handlers.hh"
#include "support/tunnel_end/tunnel_end.hh"

namespace clickup {

class GREDecap : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string key, local, remote;
    arguments.keyword("KEY", key).keyword("LOCAL", local).keyword("REMOTE", remote).finish(errors);
    keyed_ = !key.empty();
    std::string problem = keyed_ ? set_number("KEY", key, key_, 0, 0xffffffff) : "";
    if (problem.empty()) problem = ends_.set(local, remote);
    if (!problem.empty()) errors.add(problem);
  }

  void initialize(Host& host, Errors& errors) override { count_.open(*this, "count", host, errors); }
  void add_handlers(HandlerTable& handlers) override {
    handlers.read("count", [this] { return count_.text(); });
  }

  void push(int, Batch& batch) override {
    split_batch(*this, batch, [this](Packet& packet) { return decapsulate(packet); });
  }

 private:
  static constexpr int kOthers = 3;

  int decapsulate(Packet& packet) {
    IpPacket outer;
    bool whole = read_ip_packet(packet, outer) && outer.protocol == 47 && !outer.fragment && ends_.match(outer);
    if (!whole || packet.network_header < packet.begin) return kOthers;
    const uint8_t* gre = outer.transport_header();
    uint32_t length = outer.transport_length(), size = header_size(gre, length);
    if (size == 0) return kOthers;
    int output = output_of(load16(gre + 2));
    if (output == kOthers) return kOthers;
    count_.add(packet);
    uint8_t congestion = congestion_of(outer.ip);
    packet.strip(packet.network_header + outer.transport + size - packet.begin);
    packet.length = length - size;
    packet.network_header = packet.transport_header = Packet::kNoHeader;
    packet.mac_header = output == 2 ? packet.begin : Packet::kNoHeader;
    if (output == 2) return output;
    return hand_congestion_on(packet, congestion) ? output : kNoOutput;
  }

  // Of the GRE header; 0 when the packet is not of this tunnel.
  uint32_t header_size(const uint8_t* gre, uint32_t length) const {
    if (length < 4) return 0;
    bool checksum = gre[0] & 0x80, routing = gre[0] & 0x40, key = gre[0] & 0x20, sequence = gre[0] & 0x10;
    uint32_t size = 4 + (checksum ? 4u : 0u) + (key ? 4u : 0u) + (sequence ? 4u : 0u);
    bool known = !routing && (gre[0] & 0x0f) == 0 && (gre[1] & 7) == 0;
    if (!known || size > length || key != keyed_) return 0;
    if (key && load32(gre + (checksum ? 8 : 4)) != key_) return 0;
    return checksum && !internet_checksum_ok(gre, length) ? 0 : size;
  }

  static int output_of(uint16_t type) { return type == 0x0800 ? 0 : type == 0x86dd ? 1 : type == 0x6558 ? 2 : kOthers; }

  TunnelEnds ends_;
  bool keyed_ = false;
  uint32_t key_ = 0;
  KeptCounter count_;
};

}  // namespace clickup
