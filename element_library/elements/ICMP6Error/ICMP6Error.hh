// ICMP6Error(SRC, TYPE [, CODE, MTU, RATE]): turns IPv6 packets into ICMPv6 errors about them (RFC 4443).
//
// Ports: 1 input, 1 output, agnostic. The IP header must be marked; the error quotes the packet from there, 1280 bytes
// in all at most. Packets that must not have an error (section 2.4) are dropped. Marks the error's header and sets the
// destination annotation. ICMPError with SRC6 answers both versions. Parameters: SRC, the error's source; TYPE and CODE
// (0), numbers; MTU, what a packet too big (type 2) tells; RATE, most errors a second (no limit).
#pragma once

#include <arpa/inet.h>

#include "driver/element.hh"
#include "support/icmp_error/icmp_error.hh"
#include "support/live_handlers/live_handlers.hh"
#include "support/token_bucket/token_bucket.hh"

namespace clickup {

class ICMP6Error : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string source, type, code = "0";
    double rate = 0;
    arguments.positional("SRC", source).positional("TYPE", type).positional("CODE", code, false);
    arguments.keyword("MTU", error_.rest).keyword("RATE", rate).finish(errors);
    if (!errors.empty()) return;
    if (inet_pton(AF_INET6, source.c_str(), source_) != 1) errors.add("SRC: '" + source + "' is not an IPv6 address");
    for (const std::string& problem :
         {set_number("TYPE", type, error_.type, 0, 255), set_number("CODE", code, error_.code, 0, 255)}) {
      if (!problem.empty()) errors.add(problem);
    }
    if (rate < 0) errors.add("RATE is a number of packets per second");
    limited_ = rate > 0;
    bucket_.set(rate, rate);
    bucket_.fill();
  }

  void process(Batch& batch) override {
    if (limited_) bucket_.refill(now_ns());
    uint32_t made = 0;
    for (Packet* packet : batch) {
      Packet* error = answer(*packet);
      packet_pool().release(packet);
      if (error) batch.items[made++] = error;
    }
    batch.count = made;
  }

 private:
  Packet* answer(Packet& packet) {
    IpPacket read;
    if (!read_ip_packet(packet, read) || !read.six || !may_have_error(packet, read, error_.type == 2)) return nullptr;
    if (limited_ && bucket_.whole() == 0) return nullptr;
    if (limited_) bucket_.take(1);
    Packet* made = make_icmp_error(read, error_, source_, 0, 1280);
    if (made) made->timestamp_ns = realtime_ns();
    return made;
  }

  IcmpError error_;
  uint8_t source_[16]{};
  bool limited_ = false;
  TokenBucket bucket_;
};

}  // namespace clickup
