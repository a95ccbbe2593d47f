// CheckIPHeader([OFFSET, CHECKSUM, BADSRC, GOODDST, INTERFACES, VERBOSE, DETAILS]): lets valid IPv4 packets through.
//
// Ports: 1 input, agnostic; output 0, agnostic, for valid packets; optional output 1, push, for the others (else
// dropped). Checks version, header length, total length and header checksum (RFC 1812 section 5.2.2), and on request
// the source address (section 5.3.7). Sets the network and transport header positions and the destination annotation,
// and cuts what follows the IP packet, such as Ethernet padding. Parameters: OFFSET of the IP header in bytes (0);
// CHECKSUM, false skips it (true); BADSRC, source addresses to refuse; GOODDST, destinations that are exempt from that;
// INTERFACES, prefixes of this router: refuses their broadcast addresses, 0.0.0.0 and 255.255.255.255 as sources,
// except towards the addresses themselves; VERBOSE, log every bad packet and not only the first; DETAILS, count by
// reason. Handlers: drops (r), bad packets so far, continuing in the next worker; drop_details (r, with DETAILS).
#pragma once

#include <algorithm>
#include <iterator>
#include <sstream>
#include <vector>

#include "support/address_names/address_names.hh"
#include "support/checksum/checksum.hh"
#include "support/header_check/packet_check.hh"
#include "support/ip_fields/ip_fields.hh"
#include "support/ip_operand/ip_operand.hh"

namespace clickup {

class CheckIPHeader : public PacketCheck<CheckIPHeader> {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    std::string bad_sources, good_destinations, interfaces;
    arguments.positional("OFFSET", offset_, false).keyword("CHECKSUM", checksum_).keyword("BADSRC", bad_sources);
    arguments.keyword("GOODDST", good_destinations).keyword("INTERFACES", interfaces).keyword("VERBOSE", verbose_);
    arguments.keyword("DETAILS", details_).finish(errors);
    bad_sources = with_addresses(*this, bad_sources, AddressKind::ip);
    good_destinations = with_addresses(*this, good_destinations, AddressKind::ip);
    interfaces = with_addresses(*this, interfaces, AddressKind::ip_or_prefix);
    add_prefixes("BADSRC", bad_sources, errors, [this](const PrefixOperand& p) { bad_sources_.push_back(p.address); });
    add_prefixes("GOODDST", good_destinations, errors,
                 [this](const PrefixOperand& p) { good_destinations_.push_back(p.address); });
    if (!interfaces.empty()) bad_sources_.insert(bad_sources_.end(), {0, ~0u});
    read_interfaces(interfaces, errors);
  }

  void add_handlers(HandlerTable& handlers) override {
    PacketCheck::add_handlers(handlers);
    if (details_) handlers.read("drop_details", [this] { return drop_details(); });
  }

 private:
  friend PacketCheck<CheckIPHeader>;
  enum Reason : uint8_t { kTooShort, kVersion, kHeaderLength, kLength, kChecksum, kSource, kReasons };
  static constexpr const char* kReasonTexts[kReasons] = {"packet too short", "bad IP version",  "bad IP header length",
                                                         "bad IP length",    "bad IP checksum", "bad source address"};

  bool accept(Packet& packet) {
    uint32_t there = packet.length > offset_ ? packet.length - offset_ : 0;
    const uint8_t* ip = packet.data() + offset_;
    if (there < 20) return refuse(kTooShort);
    uint32_t header = (ip[0] & 15u) * 4, total = load16(ip + 2);
    if (ip[0] >> 4 != 4) return refuse(kVersion);
    if (header < 20) return refuse(kHeaderLength);
    if (total < header || total > there) return refuse(kLength);
    if (checksum_ && !ip4_checksum_ok(ip, header)) return refuse(kChecksum);
    if (!bad_sources_.empty() && is_bad_source(load32(ip + 12), load32(ip + 16))) return refuse(kSource);
    packet.network_header = packet.begin + offset_;
    packet.transport_header = packet.network_header + header;
    std::memcpy(&packet.destination_ip, ip + 16, 4);
    packet.length = offset_ + total;
    return true;
  }

  bool is_bad_source(uint32_t source, uint32_t destination) const {
    auto holds = [](const std::vector<uint32_t>& list, uint32_t address) {
      return std::find(list.begin(), list.end(), address) != list.end();
    };
    return holds(bad_sources_, source) && !holds(good_destinations_, destination);
  }

  [[gnu::cold, gnu::noinline]] bool refuse(Reason reason) {
    ++reasons_[reason];
    if (verbose_ || !warned_) chatter(*this, kReasonTexts[reason]);
    warned_ = true;
    return false;
  }

  void read_interfaces(const std::string& text, Errors& errors) {
    add_prefixes("INTERFACES", text, errors,
                 [this](const PrefixOperand& prefix) { bad_sources_.push_back(prefix.address | ~prefix.mask); });
    std::istringstream words(text);
    for (std::string word; words >> word;) {
      if (auto address = parse_ip4(word.substr(0, word.find('/')))) good_destinations_.push_back(*address);
    }
  }

  template <typename Add>
  void add_prefixes(const char* keyword, const std::string& text, Errors& errors, Add&& add) {
    std::istringstream words(text);
    for (std::string word; words >> word;) {
      std::string problem;
      auto prefix = parse_prefix(word, problem);
      if (prefix && !prefix->six) {
        add(*prefix);
      } else {
        errors.add(std::string(keyword) + ": expected IPv4 addresses, found '" + word + "'");
      }
    }
  }

  std::string drop_details() const {
    std::string text;
    for (size_t i = 0; i < kReasons; ++i) text += std::to_string(reasons_[i]) + "\t" + kReasonTexts[i] + "\n";
    return text;
  }

  uint32_t offset_ = 0;
  bool checksum_ = true, verbose_ = false, details_ = false, warned_ = false;
  std::vector<uint32_t> bad_sources_, good_destinations_;  // host byte order
  uint64_t reasons_[kReasons]{};
};

}  // namespace clickup
