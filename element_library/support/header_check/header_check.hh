// What CheckTCPHeader, CheckUDPHeader and CheckICMPHeader share.
#pragma once

#include <array>

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ip_packet/ip_packet.hh"
#include "support/kept_counter/kept_counter.hh"

namespace clickup {

// Good packets leave by output 0, bad ones by the optional output 1. A subclass says what is wrong with a packet.
class HeaderCheck : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.keyword("VERBOSE", verbose_).keyword("DETAILS", details_).finish(errors);
  }
  void initialize(Host& host, Errors& errors) override { drops_.open(*this, "drops", host, errors); }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("drops", [this] { return drops_.text(); });
    if (details_) handlers.read("drop_details", [this] { return drop_details(); });
  }

  void process(Batch& batch) override {
    Batch bad;
    filter_batch(batch, bad, [this](Packet& packet) { return accept(packet); });
    if (bad.empty()) return;
    drops_.add(bad);
    push_or_release(1, bad);
  }

 protected:
  enum Reason : uint8_t { kGood, kOther, kLength, kChecksum, kReasons };

  virtual Reason check(const IpPacket& packet) const = 0;
  virtual const char* protocol_name() const = 0;

 private:
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
  KeptCounter drops_;
};

}  // namespace clickup
