// TCPReset([RATE]): turns TCP segments into the resets that refuse them (RFC 9293 section 3.10.7.1).
//
// Ports: 1 input, agnostic; output 0, agnostic, for resets, which go to the segment's sender; optional output 1, push,
// for packets that get none, as they came (else dropped): other protocols, resets, fragments, packets to or from a
// group. The IP header must be marked, IPv4 or IPv6; sets the destination annotation. The Ethernet header before stays
// as it is. Parameters: RATE, most resets a second, what is above leaves by output 1 (no limit). Handlers: sent (r),
// resets so far, continuing in the next worker.
#pragma once

#include <algorithm>

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ip_packet/ip_packet.hh"
#include "support/kept_counter/kept_counter.hh"
#include "support/token_bucket/token_bucket.hh"

namespace clickup {

class TCPReset : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    double rate = 0;
    arguments.positional("RATE", rate, false).finish(errors);
    if (rate < 0) errors.add("RATE is a number of packets per second");
    limited_ = rate > 0;
    bucket_.set(rate, rate);
    bucket_.fill();
  }

  void initialize(Host& host, Errors& errors) override { sent_.open(*this, "sent", host, errors); }
  void add_handlers(HandlerTable& handlers) override {
    handlers.read("sent", [this] { return sent_.text(); });
  }

  void process(Batch& batch) override {
    if (limited_) bucket_.refill(now_ns());
    Batch others;
    filter_batch(batch, others, [this](Packet& packet) { return refuse(packet); });
    sent_.add(batch);
    if (!others.empty()) push_or_release(1, others);
  }

 private:
  static constexpr uint8_t kFin = 1, kSyn = 2, kRst = 4, kAck = 16;

  bool refuse(Packet& packet) {
    IpPacket read;
    if (!read_ip_packet(packet, read) || read.protocol != kTcp || read.fragment || read.transport_length() < 20)
      return false;
    const uint8_t* tcp = read.transport_header();
    uint32_t header = (tcp[12] >> 4) * 4u;
    if ((tcp[13] & kRst) != 0 || header < 20 || header > read.transport_length() || is_group(read)) return false;
    if (limited_ && bucket_.whole() == 0) return false;
    if (limited_) bucket_.take(1);
    write(packet, read);
    return true;
  }

  static bool is_group(const IpPacket& read) {
    uint8_t lowest = read.six ? 0xff : 224;
    return read.source()[0] >= lowest || read.destination()[0] >= lowest;
  }

  // Over the segment, without its options and payload.
  static void write(Packet& packet, IpPacket& read) {
    const uint8_t* tcp = read.transport_header();
    uint8_t flags = tcp[13];
    uint32_t length = read.transport_length() - (tcp[12] >> 4) * 4u + ((flags & kSyn) != 0) + ((flags & kFin) != 0);
    bool acknowledged = (flags & kAck) != 0;
    uint32_t sequence = acknowledged ? load32(tcp + 8) : 0, acknowledges = acknowledged ? 0 : load32(tcp + 4) + length;
    uint8_t reset[20]{tcp[2], tcp[3], tcp[0], tcp[1]};
    store32(reset + 4, sequence);
    store32(reset + 8, acknowledges);
    reset[12] = 0x50;
    reset[13] = acknowledged ? kRst : kRst | kAck;
    uint32_t header = read.six ? 40 : 20, size = read.address_size();
    uint8_t* addresses = read.ip + (read.six ? 8 : 12);
    std::swap_ranges(addresses, addresses + size, addresses + size);
    std::memcpy(read.ip + header, reset, sizeof reset);
    if (read.six) finish6(read.ip);
    else finish4(read.ip);
    packet.length = packet.network_header - packet.begin + header + 20;
    packet.transport_header = packet.network_header + header;
    std::memcpy(packet.destination_ip6, addresses + size, size);
    read = {};
    read_ip_packet(packet, read);
    set_transport_checksum(read, 16, 20);
  }

  static void finish4(uint8_t* ip) {
    const uint8_t start[10]{0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, kTcp};
    std::memcpy(ip, start, sizeof start);
    set_ip4_checksum(ip);
  }
  static void finish6(uint8_t* ip) {
    const uint8_t start[8]{0x60, 0, 0, 0, 0, 20, kTcp, 64};
    std::memcpy(ip, start, sizeof start);
  }
  static void store32(uint8_t* at, uint32_t value) {
    for (int i = 0; i < 4; ++i) at[i] = uint8_t(value >> (24 - 8 * i));
  }

  bool limited_ = false;
  TokenBucket bucket_;
  KeptCounter sent_;
};

}  // namespace clickup
