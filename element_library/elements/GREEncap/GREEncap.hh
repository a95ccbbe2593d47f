// GREEncap(SRC, DST [, KEY, CHECKSUM, FRAMES, TTL, TOS, DF]): puts packets into a GRE tunnel (RFC 2784, RFC 2890).
//
// Ports: 1 input, 1 output, agnostic. Puts a GRE header and an IP header around packets, marks the latter and sets the
// destination annotation; congestion bits of an IP packet are copied to the outer header (RFC 6040). Packets that are
// neither IPv4 nor IPv6 (without FRAMES), and those that would not fit into their buffer, are dropped.
// Parameters: SRC and DST, both of IPv4 or of IPv6, DST may be DST_ANNO for the packet's destination annotation; KEY,
// which tells tunnels between the same ends apart; CHECKSUM, sends one over the payload (false); FRAMES, packets are
// Ethernet frames (false); TTL (64); TOS (0); DF, sets Don't Fragment (false). Handlers: src, dst (rw).
#pragma once

#include <cstring>

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/headroom/headroom.hh"
#include "support/live_handlers/live_handlers.hh"
#include "support/outer_header/outer_header.hh"
#include "support/tunnel_end/tunnel_end.hh"

namespace clickup {

class GREEncap : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string source, destination, key;
    uint32_t hops = 64, type_of_service = 0;
    bool dont_fragment = false;
    arguments.positional("SRC", source).positional("DST", destination).keyword("KEY", key);
    arguments.keyword("CHECKSUM", checksum_).keyword("FRAMES", frames_).keyword("TTL", hops);
    arguments.keyword("TOS", type_of_service).keyword("DF", dont_fragment).finish(errors);
    if (!errors.empty()) return;
    keyed_ = !key.empty();
    if (keyed_) add(errors, set_number("KEY", key, key_, 0, 0xffffffff));
    if (hops == 0 || hops > 255 || type_of_service > 255) errors.add("TTL is 1 to 255 and TOS at most 255");
    add(errors, header_.set_ends(source, destination));
    header_.set_protocol(47);
    header_.set_hops(hops);
    header_.set_traffic_class(type_of_service);
    header_.set_dont_fragment(dont_fragment);
  }

  void initialize(Host& host, Errors& errors) override { header_.open(*this, host, errors); }
  void add_handlers(HandlerTable& handlers) override { header_.add_handlers(handlers, *this); }

  void process(Batch& batch) override {
    Batch bad;
    filter_batch(batch, bad, [this](Packet& packet) { return encapsulate(packet); });
    bad.release();
  }

 private:
  static void add(Errors& errors, std::string problem) {
    if (!problem.empty()) errors.add(std::move(problem));
  }

  uint16_t payload_type(const Packet& packet) const {
    if (frames_) return 0x6558;
    uint8_t version = packet.length >= 20 ? packet.data()[0] >> 4 : 0;
    return version == 4 ? 0x0800 : version == 6 ? 0x86dd : 0;
  }

  bool encapsulate(Packet& packet) {
    uint16_t type = payload_type(packet);
    uint8_t congestion = frames_ ? 0 : outer_congestion(packet.data(), packet.length);
    uint32_t size = 4 + (checksum_ ? 4 : 0) + (keyed_ ? 4 : 0);
    if (type == 0 || !make_headroom(packet, size)) return false;
    uint8_t* gre = packet.data();
    std::memset(gre, 0, size);
    gre[0] = uint8_t((checksum_ ? 0x80 : 0) | (keyed_ ? 0x20 : 0));
    gre[2] = uint8_t(type >> 8);
    gre[3] = uint8_t(type);
    for (uint32_t i = 0; keyed_ && i < 4; ++i) gre[size - 4 + i] = uint8_t(key_ >> (24 - 8 * i));
    if (checksum_) {
      uint16_t sum = uint16_t(~internet_sum(gre, packet.length));
      std::memcpy(gre + 4, &sum, 2);
    }
    IpPacket read;
    return header_.prepend(packet, read, congestion);
  }

  OuterHeader header_;
  bool checksum_ = false, frames_ = false, keyed_ = false;
  uint32_t key_ = 0;
};

}  // namespace clickup
