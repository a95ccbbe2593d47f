// ICMP6Error(SRC, TYPE [, CODE, MTU, RATE]): turns IPv6 packets into ICMPv6 errors about them (RFC 4443).
//
// Ports: 1 input, 1 output, agnostic. The IP header must be marked; the error quotes the packet from there, 1280 bytes
// in all at most. Packets that must not have an error (section 2.4) are dropped. Marks the error's header and sets the
// destination annotation. ICMPError with SRC6 answers both versions. Parameters: SRC, the error's source; TYPE and CODE
// (0), numbers; MTU, what a packet too big (type 2) tells; RATE, most errors a second (no limit).
#pragma once

#include <arpa/inet.h>

#include "support/icmp_error/error_element.hh"
#include "support/icmp_error/icmp_error.hh"
#include "support/live_handlers/live_handlers.hh"

namespace clickup {

class ICMP6Error : public ErrorElement {
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
    set_limit(rate, errors);
  }

 private:
  Packet* answer(Packet& packet) override {
    IpPacket read;
    if (!read_ip_packet(packet, read) || !read.six || !may_have_error(packet, read, error_.type == 2)) return nullptr;
    if (!within_limit()) return nullptr;
    Packet* made = make_icmp_error(read, error_, source_, 0, 1280);
    if (made) made->timestamp_ns = realtime_ns();
    return made;
  }

  IcmpError error_;
  uint8_t source_[16]{};
};

}  // namespace clickup
