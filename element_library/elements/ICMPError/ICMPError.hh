// ICMPError(SRC, TYPE [, CODE, BADADDRS, MTU, PMTU, SRC6, RATE]): turns packets into ICMP errors about them.
//
// Ports: 1 input, 1 output, agnostic. The IP header must be marked; the error quotes the packet from there. Packets
// that must not have an error (RFC 1812 section 4.3.2.7, RFC 4443 section 2.4) are dropped: errors, later fragments,
// packets to or from more than one host. Marks the error's header and sets the destination annotation. The reversal of
// source routes that Click's class does is not done. Parameters: SRC, the error's source; TYPE and CODE (0), numbers or
// names as Click has them: unreachable, redirect, timeexceeded, parameterproblem; net, host, protocol, port, needfrag,
// isolated (in IPv6: beyond scope of source), filter_prohibited, transit, reassembly; BADADDRS, addresses whose packets
// get none; MTU, longest error (576); PMTU, what `needfrag` tells; SRC6, source of ICMPv6 errors about IPv6 packets,
// which say the same (they are at most 1280 bytes long; without SRC6 such packets are dropped); RATE, most errors a
// second (no limit). A redirect names the destination annotation. USE_FIX_ANNO and SET_FIX_ANNO are taken and do
// nothing. Handlers: src, mtu, pmtu (rw).
#pragma once

#include <arpa/inet.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "support/address_names/address_names.hh"
#include "support/icmp_error/error_element.hh"
#include "support/icmp_error/icmp_error.hh"
#include "support/kept_counter/kept_counter.hh"
#include "support/live_handlers/live_handlers.hh"

namespace clickup {

class ICMPError : public ErrorElement {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string source, type, code, bad, source6;
    double rate = 0;
    bool fix = true;
    arguments.positional("SRC", source).positional("TYPE", type).positional("CODE", code, false);
    arguments.positional("BADADDRS", bad, false).keyword("MTU", mtu_).keyword("PMTU", path_mtu_);
    arguments.keyword("SRC6", source6)
        .keyword("RATE", rate)
        .keyword("USE_FIX_ANNO", fix)
        .keyword("SET_FIX_ANNO", fix)
        .finish(errors);
    if (!errors.empty()) return;
    if (!read_icmp_error(type, code, error_))
      errors.add("TYPE '" + type + "' and CODE '" + code + "' are not numbers or names of ICMP");
    if (std::string problem = set_source(with_addresses(*this, source, AddressKind::ip)); !problem.empty())
      errors.add(problem);
    answers_six_ = !source6.empty();
    if (answers_six_ && inet_pton(AF_INET6, source6.c_str(), source6_) != 1)
      errors.add("SRC6: '" + source6 + "' is not an IPv6 address");
    if (mtu_ < kLeastMtu || mtu_ > kMostMtu) errors.add("MTU is 56 to 9000 bytes, not " + std::to_string(mtu_));
    set_limit(rate, errors);
    read_bad_addresses(with_addresses(*this, bad, AddressKind::ip), errors);
  }

  void initialize(Host& host, Errors& errors) override { sent_.open(*this, "sent", host, errors); }

  void add_handlers(HandlerTable& handlers) override {
    live_handler(
        handlers, *this, "src", "SRC", [this] { return text(source_); },
        [this](std::string_view value) { return set_source(value); });
    live_number(handlers, *this, "mtu", "MTU", mtu_, kLeastMtu, kMostMtu);
    live_number(handlers, *this, "pmtu", "PMTU", path_mtu_, 0, 65535);
  }

 private:
  static constexpr uint32_t kLeastMtu = 56, kMostMtu = 9000, kMtu6 = 1280;

  Packet* answer(Packet& packet) override {
    IpPacket read;
    if (!read_ip_packet(packet, read) || (read.six && !answers_six_)) return nullptr;
    bool too_big = error_.type == 3 && error_.code == 4;
    if (!may_have_error(packet, read, too_big) || is_bad(read)) return nullptr;
    IcmpError error = error_;
    if (too_big) error.rest = path_mtu_;
    if (error.type == 5) error.rest = ntohl(packet.destination_ip);
    if (read.six && !to_icmp6(error, error)) return nullptr;
    if (!within_limit()) return nullptr;
    const uint8_t* source = read.six ? source6_ : source_;
    Packet* made = make_icmp_error(read, error, source, uint16_t(sent_.packets() + 1), read.six ? kMtu6 : mtu_);
    if (!made) return nullptr;
    sent_.add(*made);
    made->timestamp_ns = realtime_ns();
    return made;
  }

  bool is_bad(const IpPacket& read) const {
    if (read.six || bad_.empty()) return false;
    uint32_t source, destination;
    std::memcpy(&source, read.source(), 4);
    std::memcpy(&destination, read.destination(), 4);
    return std::any_of(bad_.begin(), bad_.end(), [&](uint32_t bad) { return bad == source || bad == destination; });
  }

  std::string set_source(std::string_view value) {
    uint8_t address[4];
    if (inet_pton(AF_INET, std::string(value).c_str(), address) != 1)
      return "SRC: '" + std::string(value) + "' is not an IPv4 address";
    std::memcpy(source_, address, 4);
    return "";
  }

  void read_bad_addresses(const std::string& text, Errors& errors) {
    std::istringstream words(text);
    for (std::string word; words >> word;) {
      uint32_t address = 0;
      if (inet_pton(AF_INET, word.c_str(), &address) != 1)
        errors.add("BADADDRS: '" + word + "' is not an IPv4 address");
      bad_.push_back(address);
    }
  }

  static std::string text(const uint8_t* address) {
    char text[INET_ADDRSTRLEN];
    return inet_ntop(AF_INET, address, text, sizeof text);
  }

  IcmpError error_;
  uint8_t source_[4]{}, source6_[16]{};
  bool answers_six_ = false;
  uint32_t mtu_ = 576, path_mtu_ = 0;
  std::vector<uint32_t> bad_;  // network byte order
  KeptCounter sent_;           // identifications continue in the next worker
};

}  // namespace clickup
