// ICMPPingResponder: turns ICMP echo requests into their replies, of IPv4 (RFC 792) and IPv6 (RFC 4443).
//
// Ports: 1 input, agnostic; output 0, agnostic, for replies; optional output 1, push, for everything else (else
// dropped). The IP header must be marked. Swaps the addresses, sets time to live to 255 and the destination annotation
// to where the reply goes, and clears the paint. Fragments and requests to a group are not answered. Click's class
// knows IPv4 only.
#pragma once

#include <algorithm>

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ip_packet/ip_packet.hh"

namespace clickup {

class ICMPPingResponder : public Element {
 public:
  void process(Batch& batch) override {
    Batch others;
    filter_batch(batch, others, [](Packet& packet) { return answer(packet); });
    if (!others.empty()) push_or_release(1, others);
  }

 private:
  static constexpr uint8_t kRequest = 8, kReply = 0, kRequest6 = 128, kReply6 = 129;

  static bool answer(Packet& packet) {
    IpPacket read;
    if (!read_ip_packet(packet, read) || read.fragment || read.transport_length() < 8) return false;
    uint8_t* icmp = read.transport_header();
    if (read.protocol != (read.six ? kIcmp6 : kIcmp) || icmp[0] != (read.six ? kRequest6 : kRequest)) return false;
    bool group = read.six ? read.destination()[0] == 0xff : read.destination()[0] >= 224;
    if (group) return false;
    uint32_t size = read.address_size();
    uint8_t* addresses = read.ip + (read.six ? 8 : 12);
    std::swap_ranges(addresses, addresses + size, addresses + size);
    const uint8_t reply[2]{read.six ? kReply6 : kReply, 0};
    uint16_t word;
    std::memcpy(&word, reply, 2);
    replace_word(icmp, word, icmp + 2);
    if (read.six) read.ip[7] = 255;
    else refresh(read.ip);
    std::memcpy(packet.destination_ip6, addresses + size, size);
    packet.paint = 0;
    packet.timestamp_ns = realtime_ns();
    return true;
  }

  static void refresh(uint8_t* ip) {
    replace_word(ip + 6, 0, ip + 10);  // Don't Fragment was the requester's wish
    const uint8_t fresh[2]{255, kIcmp};
    uint16_t word;
    std::memcpy(&word, fresh, 2);
    replace_word(ip + 8, word, ip + 10);
  }
};

}  // namespace clickup
