// Our side of a link: our addresses there, next hops of packets, and our questions and answers.
#pragma once

#include <cstring>
#include <optional>
#include <vector>

#include "elements/NeighbourTable/arp_message.hh"
#include "elements/NeighbourTable/nd_message.hh"
#include "elements/NeighbourTable/neighbour_kernel.hh"
#include "support/ether_address/ether_address.hh"

namespace clickup {

struct LinkSide {
  enum class Cast : uint8_t { one, group, nobody };  // nobody: there is no address to send to
  static constexpr uint32_t kMostMessage = NdMessage::kFrameBytes;

  EtherAddress ether{};
  std::vector<IpPrefix> addresses;  // ours, with the prefixes that are on the link
  std::optional<IpAddress> gateway4, gateway6;
  std::optional<IpAddress> broadcast;  // where it is not told by the prefix
  bool answers = true;                 // questions for our addresses

  // The neighbour to which a packet for `address` goes: the one itself on the link, or where there is no gateway.
  IpAddress next_hop(const IpAddress& address) const {
    const std::optional<IpAddress>& gateway = is_ip4(address.data()) ? gateway4 : gateway6;
    return !gateway || on_link(address) ? address : *gateway;
  }
  // For groups, sets the Ethernet address.
  Cast cast(const IpAddress& address, uint8_t* destination) const {
    if (is_ip4(address.data())) return cast4(address, destination);
    if (is_unset(address)) return Cast::nobody;
    if (address.data()[0] != 0xff) return Cast::one;
    ether_group6(address, destination);
    return Cast::group;
  }
  bool is_ours(const IpAddress& address) const {
    for (const IpPrefix& own : addresses) {
      if (own.address == address) return true;
    }
    return false;
  }

  // Writes the question for a neighbour into `frame` (kMostMessage bytes), to the one Ethernet address when there is
  // one. Returns its length; 0: we have no address of that IP version to ask from.
  uint32_t ask(const IpAddress& neighbour, const uint8_t* unicast, uint8_t* frame) const {
    const IpAddress* source = source_for(neighbour);
    if (!source) return 0;
    return is_ip4(neighbour.data()) ? ask4(*source, neighbour, unicast, frame)
                                    : ask6(*source, neighbour, unicast, frame);
  }

  // The answer to a question for one of our addresses, as a whole frame; 0 when it is none.
  uint32_t answer(const ArpMessage& question, uint8_t* frame) const {
    if (!answers || question.operation != ArpMessage::kRequest || !is_ours(ip4_address(question.target))) return 0;
    ArpMessage reply;
    reply.operation = ArpMessage::kReply;
    std::memcpy(reply.sender_ether, ether.data(), 6);
    std::memcpy(reply.sender, question.target, 4);
    std::memcpy(reply.target_ether, question.sender_ether, 6);
    std::memcpy(reply.target, question.sender, 4);
    return write_arp(reply, question.sender_ether, frame);
  }
  // `asker`: the Ethernet source of the question, for one without the option.
  uint32_t answer(const NdMessage& question, const uint8_t* asker, uint8_t* frame) const {
    if (!answers || question.type != NdMessage::kSolicitation || !is_ours(question.target)) return 0;
    NdMessage reply;
    reply.type = NdMessage::kAdvertisement;
    reply.source = reply.target = question.target;
    std::memcpy(reply.ether, ether.data(), 6);
    reply.flags = NdMessage::kRouter | NdMessage::kOverride | NdMessage::kSolicited;
    reply.destination = question.source;
    if (!is_unset(question.source)) return write_nd(reply, question.has_ether ? question.ether : asker, frame);
    reply.flags &= uint8_t(~NdMessage::kSolicited);  // answers duplicate address detection, for all to hear
    static constexpr uint8_t kAllNodes[16] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    reply.destination = ip6_address(kAllNodes);
    uint8_t all[6];
    ether_group6(reply.destination, all);
    return write_nd(reply, all, frame);
  }

 private:
  static constexpr uint8_t kEverybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

  bool on_link(const IpAddress& address) const {
    if (is_link_local(address)) return true;
    for (const IpPrefix& own : addresses) {
      if (is_ip4(own.address.data()) == is_ip4(address.data()) && contains(own, address.data())) return true;
    }
    return false;
  }

  // fe80::/10, and 169.254.0.0/16 (RFC 3927 section 2.6.2).
  static bool is_link_local(const IpAddress& address) {
    const uint8_t* at = address.data();
    return is_ip4(at) ? at[12] == 169 && at[13] == 254 : at[0] == 0xfe && (at[1] & 0xc0) == 0x80;
  }

  Cast cast4(const IpAddress& address, uint8_t* destination) const {
    const uint8_t* four = address.data() + 12;
    static constexpr uint8_t kNone[4]{};
    if (std::memcmp(four, kNone, 4) == 0) return Cast::nobody;
    if (std::memcmp(four, kEverybody, 4) == 0 || is_broadcast(address)) {
      std::memcpy(destination, kEverybody, 6);
      return Cast::group;
    }
    if (four[0] >> 4 != 14) return Cast::one;
    const uint8_t group[6] = {0x01, 0x00, 0x5e, uint8_t(four[1] & 0x7f), four[2], four[3]};  // RFC 1112 6.4
    std::memcpy(destination, group, 6);
    return Cast::group;
  }
  // The last address of one of our prefixes; those of 31 and 32 bits have none (RFC 3021).
  bool is_broadcast(const IpAddress& address) const {
    if (broadcast) return *broadcast == address;
    for (const IpPrefix& own : addresses) {
      if (!is_ip4(own.address.data()) || own.length > 126 || !contains(own, address.data())) continue;
      uint32_t host, mask = 0xffffffffu >> (own.length - 96);
      std::memcpy(&host, address.data() + 12, sizeof host);
      if ((ntohl(host) & mask) == mask) return true;
    }
    return false;
  }

  // Ours on the neighbour's prefix, else any of that version.
  const IpAddress* source_for(const IpAddress& neighbour) const {
    const IpAddress* any = nullptr;
    for (const IpPrefix& own : addresses) {
      if (is_ip4(own.address.data()) != is_ip4(neighbour.data())) continue;
      if (contains(own, neighbour.data())) return &own.address;
      if (!any) any = &own.address;
    }
    return any;
  }

  uint32_t ask4(const IpAddress& source, const IpAddress& neighbour, const uint8_t* unicast, uint8_t* frame) const {
    ArpMessage question;
    std::memcpy(question.sender_ether, ether.data(), 6);
    std::memcpy(question.sender, source.data() + 12, 4);
    std::memcpy(question.target, neighbour.data() + 12, 4);
    return write_arp(question, unicast ? unicast : kEverybody, frame);
  }
  uint32_t ask6(const IpAddress& source, const IpAddress& neighbour, const uint8_t* unicast, uint8_t* frame) const {
    NdMessage question;
    question.source = source;
    question.destination = unicast ? neighbour : solicited_group(neighbour);
    question.target = neighbour;
    std::memcpy(question.ether, ether.data(), 6);
    uint8_t group[6];
    ether_group6(question.destination, group);
    return write_nd(question, unicast ? unicast : group, frame);
  }
};

// What a message tells about its sender. A question shows its address, only an answer that we can reach it.
inline NeighbourNews news_of(const ArpMessage& message) {
  NeighbourNews news;
  news.confirms = message.operation == ArpMessage::kReply;
  news.address = ip4_address(message.sender);
  std::memcpy(news.ether, message.sender_ether, 6);
  return news;
}

// RFC 4861 7.2.3 and 7.2.5.
inline NeighbourNews news_of(const NdMessage& message) {
  NeighbourNews news;
  bool solicitation = message.type == NdMessage::kSolicitation;
  news.address = solicitation ? message.source : message.target;
  news.has_ether = message.has_ether;
  std::memcpy(news.ether, message.ether, 6);
  news.confirms = !solicitation && (message.flags & NdMessage::kSolicited);
  news.overrides = solicitation || (message.flags & NdMessage::kOverride);
  return news;
}

}  // namespace clickup
