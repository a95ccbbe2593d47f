// The common part of CheckTCPHeader, CheckUDPHeader and CheckICMPHeader.
#pragma once

#include <array>

#include "support/header_check/packet_check.hh"
#include "support/ip_packet/ip_packet.hh"

namespace clickup {

// A subclass names the error in a packet.
class HeaderCheck : public PacketCheck<HeaderCheck> {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.keyword("VERBOSE", verbose_).keyword("DETAILS", details_).finish(errors);
  }

  void add_handlers(HandlerTable& handlers) override {
    PacketCheck::add_handlers(handlers);
    if (details_) handlers.read("drop_details", [this] { return drop_details(); });
  }

 protected:
  enum Reason : uint8_t { kGood, kOther, kLength, kChecksum, kReasons };

  virtual Reason check(const IpPacket& packet) const = 0;
  virtual const char* protocol_name() const = 0;

 private:
  friend PacketCheck<HeaderCheck>;
  bool accept(Packet& packet) {
    IpPacket read;
    Reason reason = read_ip_packet(packet, read) ? check(read) : kOther;
    if (reason == kGood) return true;
    ++reasons_[reason];
    if (verbose_ || !warned_) chatter(*this, std::string(protocol_name()) + " header check failed: " + text(reason));
    warned_ = true;
    return false;
  }

  std::string text(Reason reason) const {
    if (reason == kOther) return std::string("not ") + protocol_name();
    return reason == kLength ? "bad packet length" : std::string("bad ") + protocol_name() + " checksum";
  }

  std::string drop_details() const {
    std::string details;
    for (Reason reason : {kOther, kLength, kChecksum}) {
      details += std::to_string(reasons_[reason]) + "\t" + text(reason) + "\n";
    }
    return details;
  }

  bool verbose_ = false, details_ = false, warned_ = false;
  std::array<uint64_t, kReasons> reasons_{};
};

}  // namespace clickup
