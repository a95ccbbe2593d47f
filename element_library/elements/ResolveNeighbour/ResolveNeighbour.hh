// ResolveNeighbour(TABLE, ADDRESSES..., ETHER, [GATEWAY, POLL, ANSWER]): IP packets to their next hop on an Ethernet
// link.
#pragma once

#include <sstream>

#include "elements/NeighbourTable/NeighbourTable.hh"
#include "elements/ResolveNeighbour/neighbour_resolver.hh"
#include "support/live_handlers/live_duration.hh"

namespace clickup {

class ResolveNeighbour : public NeighbourResolver {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    Element* table = nullptr;
    std::string ether, gateways;
    poll_ = 30'000'000'000;
    arguments.positional_element("TABLE", "NeighbourTable", table).required_keyword("ETHER", ether);
    arguments.keyword("GATEWAY", gateways).keyword("ANSWER", link_.answers);
    read_duration(arguments, errors, "POLL", poll_, 1, kDay);
    for (const std::string& text : arguments.rest()) add_address(text, errors);
    arguments.finish(errors);
    neighbours_ = static_cast<NeighbourTable*>(table);
    if (!ether.empty() && !parse_ether_address(ether, link_.ether))
      errors.add("ETHER '" + ether + "' is no Ethernet address");
    if (link_.addresses.empty()) errors.add("ADDRESSES are missing: give at least one, such as 192.0.2.1/24");
    std::istringstream words(gateways);
    for (std::string word; words >> word;) add_gateway(word, errors);
  }

  void initialize(Host& host, Errors& errors) override { use(neighbours_->state(), host, errors); }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("length", [this] { return std::to_string(waiting()); });
    handlers.read("queries", [this] { return queries_.text(); });
    handlers.read("drops", [this] { return table_ ? table_->drops.text() : "0"; });
    handlers.read("unreachable", [this] { return unreachable_.text(); });
    live_duration(handlers, *this, "poll", "POLL", poll_, 1, kDay);
    live_flag(handlers, *this, "answer", "ANSWER", link_.answers);
  }

 private:
  static constexpr double kDay = 86400;  // seconds

  void add_address(const std::string& text, Errors& errors) {
    IpPrefix prefix;
    if (!parse_ip_prefix(text, prefix))
      return errors.add("'" + text + "' is no IP address with a prefix, such as 192.0.2.1/24");
    link_.addresses.push_back(prefix);
  }
  void add_gateway(const std::string& text, Errors& errors) {
    IpAddress address;
    if (!parse_ip_address(text, address)) return errors.add("GATEWAY '" + text + "' is no IP address");
    std::optional<IpAddress>& gateway = is_ip4(address.data()) ? link_.gateway4 : link_.gateway6;
    if (gateway) return errors.add("GATEWAY names two of one IP version: keep one");
    gateway = address;
  }

  bool address_of(const Packet& packet, IpAddress& address) const override {
    uint8_t version = version_of(packet);
    uint32_t size = version == 4 ? 4 : 16;
    if (version != 4 && version != 6) return false;
    uint8_t annotation[16];
    std::memcpy(annotation, packet.destination_ip6, size);
    // The first four bytes of a fresh packet's annotation are zeros, and of no address that a packet goes to.
    bool set = std::any_of(annotation, annotation + 4, [](uint8_t byte) { return byte != 0; });
    if (!set && !read_destination(packet, version, annotation)) return false;
    if (version == 4) {
      address = ip4_address(annotation);
    } else {
      std::memcpy(address.data(), annotation, 16);
    }
    return true;
  }
  // From the header, for packets whose annotation is not set.
  static bool read_destination(const Packet& packet, uint8_t version, uint8_t* destination) {
    uint32_t at = packet.network_header == Packet::kNoHeader ? packet.begin : packet.network_header;
    uint32_t offset = version == 4 ? 16 : 24, size = version == 4 ? 4 : 16;
    if (at + offset + size > packet.begin + packet.length) return false;
    std::memcpy(destination, packet.buffer + at + offset, size);
    return true;
  }

  bool read_message(const Packet& packet, NeighbourNews& news, Sent& sent) override {
    uint8_t frame[LinkSide::kMostMessage];
    ArpMessage arp;
    NdMessage nd;
    uint32_t answer = 0;
    if (read_arp(packet.data(), packet.length, arp)) {
      answer = link_.answer(arp, frame);
      news = news_of(arp);
    } else if (read_nd(packet.data(), packet.length, nd)) {
      answer = link_.answer(nd, packet.data() + 6, frame);
      news = news_of(nd);
    } else {
      return false;
    }
    send_message(frame, answer, sent);
    news.introduces = answer != 0;  // we will answer a neighbour that asks for us
    static constexpr uint8_t kNobody[4]{};
    bool somebody = !is_unset(news.address) && news.address != ip4_address(kNobody);
    return somebody && !link_.is_ours(news.address);
  }

  NeighbourTable* neighbours_ = nullptr;
};

}  // namespace clickup
