// ClampMSS([MSS] [MTU]): lowers the segment size that TCP connections agree on, so that their packets fit into a
// tunnel.
//
// Ports: 1 input, 1 output, agnostic. Changes the maximum segment size option of SYN segments (RFC 9293 section 3.7.1)
// when it is higher; corrects the checksum. IPv4 and IPv6, with a marked IP header; all other packets pass as they are.
// Parameters: MSS in bytes; or MTU of the link, from which 40 bytes of headers are taken for IPv4 and 60 for IPv6.
// Handlers: mss, mtu (rw), of which 0 is the one not given; clamped (r), segments changed, continuing in the next
// worker.
#pragma once

#include "driver/element.hh"
#include "support/ip_packet/ip_packet.hh"
#include "support/kept_counter/kept_counter.hh"
#include "support/live_handlers/live_handlers.hh"

namespace clickup {

class ClampMSS : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.positional("MSS", mss_, false).keyword("MTU", mtu_).finish(errors);
    if ((mss_ == 0) == (mtu_ == 0)) errors.add("give either MSS or MTU");
    if (mss_ != 0 && (mss_ < kLeastMss || mss_ > 65535)) errors.add("MSS is 64 to 65535 bytes");
    if (mtu_ != 0 && (mtu_ < kLeastMtu || mtu_ > 65535)) errors.add("MTU is 124 to 65535 bytes");
  }

  void initialize(Host& host, Errors& errors) override { clamped_.open(*this, "clamped", host, errors); }

  void add_handlers(HandlerTable& handlers) override {
    add_bound(handlers, "mss", "MSS", mss_, mtu_, kLeastMss);
    add_bound(handlers, "mtu", "MTU", mtu_, mss_, kLeastMtu);
    handlers.read("clamped", [this] { return clamped_.text(); });
  }

  void process(Batch& batch) override {
    for (Packet* packet : batch) {
      IpPacket read;
      if (read_ip_packet(*packet, read) && clamp(read)) clamped_.add(*packet);
    }
  }

 private:
  static constexpr uint32_t kLeastMss = 64, kLeastMtu = kLeastMss + 60;

  // The parameter that is given can be changed, not exchanged for the other one.
  void add_bound(HandlerTable& handlers, const char* name, const char* keyword, uint32_t& bound, const uint32_t& other,
                 uint32_t least) {
    live_handler(
        handlers, *this, name, keyword, [&bound] { return std::to_string(bound); },
        [keyword, &bound, &other, least](std::string_view text) {
          if (other != 0) return std::string("the other one of MSS and MTU is given");
          return set_number(keyword, text, bound, least, 65535);
        });
  }

  bool clamp(const IpPacket& read) const {
    if (read.protocol != kTcp || !read.first || read.transport_length() < 20) return false;
    uint8_t* tcp = read.transport_header();
    uint32_t header = (tcp[12] >> 4) * 4u;
    if ((tcp[13] & 2) == 0 || header > read.transport_length()) return false;
    uint32_t highest = mss_ != 0 ? mss_ : mtu_ - (read.six ? 60 : 40);
    for (uint32_t at = 20; at + 4 <= header && tcp[at] != 0;) {
      uint32_t length = tcp[at] == 1 ? 1 : tcp[at + 1];
      if (tcp[at] == 2 && length == 4) return lower(tcp, at + 2, highest);
      if (length == 0) return false;
      at += length;
    }
    return false;
  }

  static bool lower(uint8_t* tcp, uint32_t at, uint32_t highest) {
    if (load16(tcp + at) <= highest) return false;
    // The checksum covers words at even offsets only.
    uint32_t first = at & ~1u, second = (at + 1) & ~1u;
    uint16_t before[2], after[2];
    std::memcpy(&before[0], tcp + first, 2);
    std::memcpy(&before[1], tcp + second, 2);
    tcp[at] = uint8_t(highest >> 8);
    tcp[at + 1] = uint8_t(highest);
    std::memcpy(&after[0], tcp + first, 2);
    std::memcpy(&after[1], tcp + second, 2);
    adjust_checksum(tcp + 16, before[0], after[0]);
    if (second != first) adjust_checksum(tcp + 16, before[1], after[1]);
    return true;
  }

  uint32_t mss_ = 0, mtu_ = 0;
  KeptCounter clamped_;
};

}  // namespace clickup
