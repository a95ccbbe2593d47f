// IPFragmenter(MTU [, HONOR_DF, VERBOSE]): splits IPv4 packets that are longer than a link takes (RFC 791).
//
// Ports: 1 input, push; output 0, push, for packets and fragments that are short enough, in order; optional output 1,
// push, for packets that must not be split (else dropped): with Don't Fragment, and IPv6 packets, which only their
// sender splits (RFC 8200 section 4.5). The IP header must be marked. Fragments get the packet's annotations, and the
// Ethernet header before it where there is one. Parameters: MTU in bytes, the IP header included; HONOR_DF, false
// splits those too (true); VERBOSE, log every packet that must not be split and not only the first five; HEADROOM is
// taken and does nothing. Handlers: drops (r), packets that must not be split; fragments (r); both go on in the next
// worker; mtu (rw).
#pragma once

#include <algorithm>

#include "driver/element.hh"
#include "support/ip_packet/ip_packet.hh"
#include "support/kept_counter/kept_counter.hh"
#include "support/live_handlers/live_handlers.hh"

namespace clickup {

class IPFragmenter : public Element {
 public:
  static constexpr uint32_t kLeastMtu = 68;  // RFC 791

  void configure(Arguments& arguments, Errors& errors) override {
    uint32_t headroom = 0;
    arguments.positional("MTU", mtu_).positional("HONOR_DF", honour_, false).positional("VERBOSE", verbose_, false);
    arguments.keyword("HEADROOM", headroom).finish(errors);
    if (mtu_ < kLeastMtu || mtu_ > 65535) errors.add("MTU is 68 to 65535 bytes, not " + std::to_string(mtu_));
  }

  void initialize(Host& host, Errors& errors) override {
    drops_.open(*this, "drops", host, errors);
    fragments_.open(*this, "fragments", host, errors);
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("drops", [this] { return drops_.text(); });
    handlers.read("fragments", [this] { return fragments_.text(); });
    live_number(handlers, *this, "mtu", "MTU", mtu_, kLeastMtu, 65535);
  }

  void push(int, Batch& batch) override {
    Batch whole, refused;
    for (Packet* packet : batch) {
      IpPacket read;
      bool known = read_ip_packet(*packet, read);
      if (!known || read.length <= mtu_) {
        emit(whole, packet);
      } else if (read.six || (honour_ && (read.ip[6] & 0x40) != 0) || read.transport + 8 > mtu_) {
        refused.add(packet);
      } else {
        fragment(whole, packet, read);
      }
    }
    batch.count = 0;
    output(0).push(whole);
    if (!refused.empty()) refuse(refused);
  }

 private:
  void emit(Batch& out, Packet* packet) {
    out.add(packet);
    if (!out.full()) return;
    output(0).push(out);
  }

  void refuse(Batch& refused) {
    for (Packet* packet : refused) {
      if (verbose_ || drops_.packets() < 5)
        chatter(*this, "must not be fragmented: " + std::to_string(packet->length) + " bytes");
      drops_.add(*packet);
    }
    push_or_release(1, refused);
  }

  // The first fragment is the packet itself, cut after the others were made from it.
  void fragment(Batch& out, Packet* packet, const IpPacket& read) {
    if ((read.ip[6] & 0x40) != 0) set_ident(read.ip);
    uint8_t options[40];
    uint32_t header = 20 + copied_options(read, options);
    uint32_t field = load16(read.ip + 6) & ~0x4000u;  // flag and offset that the packet has itself
    uint32_t first = (mtu_ - read.transport) & ~7u, total = read.transport_length();
    Packet* rest[kMostFragments];
    uint32_t count = 0;
    for (uint32_t at = first; at < total && count < kMostFragments;) {
      uint32_t piece = std::min((mtu_ - header) & ~7u, total - at);
      bool more = at + piece < total || (field & 0x2000) != 0;
      rest[count++] = later(*packet, read, options, header, at, piece, (field & 0x1fff) + at / 8, more);
      at += piece;
    }
    finish(read.ip, read.transport, read.transport + first, field | 0x2000);
    packet->length = packet->network_header - packet->begin + read.transport + first;
    fragments_.add(*packet);
    emit(out, packet);
    for (uint32_t i = 0; i < count; ++i) {
      if (!rest[i]) continue;  // no packet was to be had
      fragments_.add(*rest[i]);
      emit(out, rest[i]);
    }
  }

  static Packet* later(const Packet& packet, const IpPacket& read, const uint8_t* options, uint32_t header, uint32_t at,
                       uint32_t piece, uint32_t offset, bool more) {
    Packet* made = packet_pool().allocate();
    if (!made) return nullptr;
    copy_annotations(packet, *made);
    made->length = header + piece;
    uint8_t* ip = made->data();
    std::memcpy(ip, read.ip, 20);
    std::memcpy(ip + 20, options, header - 20);
    std::memcpy(ip + header, read.transport_header() + at, piece);
    finish(ip, header, header + piece, offset | (more ? 0x2000 : 0));
    made->network_header = made->begin;
    made->transport_header = made->begin + header;
    return made;
  }

  static void copy_annotations(const Packet& packet, Packet& made) {
    std::memcpy(made.annotation(0), packet.annotation(0), Packet::kAnnotations);
    made.timestamp_ns = packet.timestamp_ns;
    if (packet.mac_header >= packet.network_header || packet.mac_header == Packet::kNoHeader) return;
    uint32_t size = packet.network_header - packet.mac_header;
    if (size > made.begin) return;
    made.mac_header = made.begin - size;
    std::memcpy(made.buffer + made.mac_header, packet.buffer + packet.mac_header, size);
  }

  // A packet that was not to be split may have any identification (RFC 6864).
  void set_ident(uint8_t* ip) const {
    ip[4] = uint8_t(fragments_.packets() >> 8);
    ip[5] = uint8_t(fragments_.packets());
  }

  static void finish(uint8_t* ip, uint32_t header, uint32_t length, uint32_t flags_and_offset) {
    ip[0] = uint8_t(0x40 | header / 4);
    ip[2] = uint8_t(length >> 8);
    ip[3] = uint8_t(length);
    ip[6] = uint8_t(flags_and_offset >> 8);
    ip[7] = uint8_t(flags_and_offset);
    set_ip4_checksum(ip);
  }

  // The options that every fragment carries (RFC 791 section 3.1), padded; returns their length.
  static uint32_t copied_options(const IpPacket& read, uint8_t* options) {
    uint32_t size = 0;
    for (uint32_t at = 20; at < read.transport;) {
      uint8_t kind = read.ip[at];
      if (kind == 1) {
        ++at;
        continue;
      }
      uint32_t length = at + 1 < read.transport ? read.ip[at + 1] : 0;
      if (kind == 0 || length < 2 || at + length > read.transport) break;
      if (kind & 0x80) {
        std::memcpy(options + size, read.ip + at, length);
        size += length;
      }
      at += length;
    }
    while (size % 4 != 0) options[size++] = 0;
    return size;
  }

  static constexpr uint32_t kMostFragments = kMaxPacket / 8 + 1;  // of the longest packet over the shortest link

  uint32_t mtu_ = 0;
  bool honour_ = true, verbose_ = false;
  KeptCounter drops_, fragments_;
};

}  // namespace clickup
