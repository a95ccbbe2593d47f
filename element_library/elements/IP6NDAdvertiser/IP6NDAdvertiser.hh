// IP6NDAdvertiser(IP6[/LENGTH] ETH, ... [ROUTER]): answers neighbour solicitations for given addresses (RFC 4861).
//
// Ports: 1 input, agnostic; output 0, agnostic, for advertisements; optional output 1, push, for everything else (else
// dropped). Takes Ethernet frames; checks solicitations as section 7.1.1 says. IP6 MASK ETH, as Click has it, is taken
// too. Addresses of a shorter prefix are answered for others (proxy), without the override flag. Parameters: ROUTER,
// sets the router flag (true).
#pragma once

#include <arpa/inet.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "driver/element.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ether_address/ether_address.hh"
#include "support/ip_operand/ip_operand.hh"
#include "support/ip_packet/ip_packet.hh"

namespace clickup {

class IP6NDAdvertiser : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    arguments.keyword("ROUTER", router_);
    for (const std::string& argument : arguments.rest()) {
      if (!add(argument))
        errors.add("entry '" + argument + "': expected an IPv6 address or prefix and an Ethernet address");
    }
  }

  void process(Batch& batch) override {
    Batch others;
    filter_batch(batch, others, [this](Packet& packet) { return answer(packet); });
    if (!others.empty()) push_or_release(1, others);
  }

 private:
  static constexpr uint8_t kSolicitation = 135, kAdvertisement = 136, kSourceAddress = 1, kTargetAddress = 2;
  static constexpr uint32_t kAnswerLength = 14 + 40 + 24 + 8;

  struct Entry {
    PrefixOperand prefix;
    EtherAddress ether;
    bool whole;  // an address rather than a prefix
  };

  bool add(const std::string& text) {
    std::istringstream words(text);
    std::vector<std::string> given;
    for (std::string word; words >> word;) given.push_back(word);
    if (given.size() == 3) given[0] += "/" + length_of(given[1]);
    Entry entry{};
    std::string problem;
    std::optional<PrefixOperand> prefix = given.empty() ? std::nullopt : parse_prefix(given[0], problem);
    if (given.size() < 2 || given.size() > 3 || !prefix || !prefix->six ||
        !parse_ether_address(given.back(), entry.ether))
      return false;
    entry.prefix = *prefix;
    entry.whole = std::all_of(prefix->mask6.begin(), prefix->mask6.end(), [](uint8_t byte) { return byte == 0xff; });
    entries_.push_back(entry);
    std::stable_sort(entries_.begin(), entries_.end(),
                     [](const Entry& a, const Entry& b) { return a.prefix.mask6 > b.prefix.mask6; });
    return true;
  }

  static std::string length_of(const std::string& mask) {
    uint8_t bytes[16];
    if (inet_pton(AF_INET6, mask.c_str(), bytes) != 1) return mask;
    int length = 0;
    while (length < 128 && (bytes[length / 8] >> (7 - length % 8) & 1)) ++length;
    return std::to_string(length);
  }

  const Entry* look_up(const uint8_t* address) const {
    for (const Entry& entry : entries_) {
      bool same = true;
      for (size_t i = 0; i < 16 && same; ++i) same = (address[i] & entry.prefix.mask6[i]) == entry.prefix.address6[i];
      if (same) return &entry;
    }
    return nullptr;
  }

  bool answer(Packet& packet) const {
    if (packet.length < 14 + 40 + 24 || load16(packet.data() + 12) != 0x86dd) return false;
    uint32_t marked = packet.network_header;
    packet.network_header = packet.begin + 14;
    IpPacket read;
    const Entry* entry =
        read_ip_packet(packet, read) && read.six && valid(read) ? look_up(read.transport_header() + 8) : nullptr;
    if (!entry) {
      packet.network_header = marked;
      return false;
    }
    write(packet, *entry);
    return true;
  }

  static bool valid(const IpPacket& read) {
    uint32_t length = read.transport_length();
    const uint8_t* nd = read.transport_header();
    if (read.protocol != kIcmp6 || read.fragment || read.transport != 40 || length < 24 || nd[0] != kSolicitation)
      return false;
    if (read.ip[7] != 255 || nd[1] != 0 || nd[8] == 0xff || transport_sum(read, length) != 0xffff) return false;
    bool has_source = false;
    for (uint32_t at = 24; at < length; at += nd[at + 1] * 8u) {
      if (at + 2 > length || nd[at + 1] == 0 || at + nd[at + 1] * 8u > length) return false;
      has_source |= nd[at] == kSourceAddress;
    }
    bool to_group = read.destination()[0] == 0xff;
    return !is_unspecified(read.source()) || (!has_source && to_group);
  }

  static bool is_unspecified(const uint8_t* address) {
    return std::all_of(address, address + 16, [](uint8_t byte) { return byte == 0; });
  }

  // Over the solicitation. Who has no address yet is answered through the group of all nodes (section 7.2.4).
  void write(Packet& packet, const Entry& entry) const {
    static constexpr uint8_t all_nodes[16]{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    static constexpr uint8_t all_nodes_ether[6]{0x33, 0x33, 0, 0, 0, 1};
    uint8_t* frame = packet.data();
    uint8_t* ip = frame + 14;
    uint8_t* nd = ip + 40;
    bool solicited = !is_unspecified(ip + 8);
    std::memcpy(frame, solicited ? frame + 6 : all_nodes_ether, 6);
    std::memcpy(frame + 6, entry.ether.data(), 6);
    std::memcpy(ip + 24, solicited ? ip + 8 : all_nodes, 16);
    std::memcpy(ip + 8, nd + 8, 16);
    const uint8_t lengths[4]{0, 32, kIcmp6, 255};
    std::memcpy(ip + 4, lengths, 4);
    uint8_t flags = uint8_t((router_ ? 0x80 : 0) | (solicited ? 0x40 : 0) | (entry.whole ? 0x20 : 0));
    const uint8_t start[8]{kAdvertisement, 0, 0, 0, flags, 0, 0, 0};
    std::memcpy(nd, start, 8);
    nd[24] = kTargetAddress;
    nd[25] = 1;
    std::memcpy(nd + 26, entry.ether.data(), 6);
    packet.length = kAnswerLength;
    packet.mac_header = packet.begin;
    IpPacket written;
    read_ip_packet(packet, written);
    set_transport_checksum(written, 2, 32);
    std::memcpy(packet.destination_ip6, ip + 24, 16);
  }

  bool router_ = true;
  std::vector<Entry> entries_;  // longer prefixes first
};

}  // namespace clickup
