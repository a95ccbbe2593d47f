// ARPQuerier(IP, ETH, [BROADCAST, TABLE, POLL_TIMEOUT, BROADCAST_POLL, table settings]): IPv4 packets to their
// destination annotation, as Click's.
#pragma once

#include "elements/ARPTable/ARPTable.hh"
#include "elements/ResolveNeighbour/neighbour_resolver.hh"
#include "support/address_names/address_names.hh"

namespace clickup {

class ARPQuerier : public NeighbourResolver {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    Element* table = nullptr;
    std::string address, ether, broadcast;
    arguments.positional("IP", address).positional("ETH", ether, false).keyword("BROADCAST", broadcast);
    arguments.keyword_element("TABLE", "ARPTable", table).keyword("BROADCAST_POLL", poll_by_broadcast_);
    read_duration(arguments, errors, "POLL_TIMEOUT", poll_, 0, 315360000);
    if (poll_ == 0) poll_ = ~uint64_t(0);
    read_arp_settings(arguments, errors, own_);
    arguments.finish(errors);
    if (!errors.empty()) return;
    shared_ = static_cast<ARPTable*>(table);
    bool both = ether.empty();  // one name for the two addresses
    ether = with_addresses(*this, both ? address : ether, AddressKind::ether);
    address = with_addresses(*this, address, AddressKind::ip_or_prefix);
    broadcast = with_addresses(*this, broadcast, AddressKind::ip);
    if (!parse_ether_address(ether, link_.ether)) {
      errors.add(both ? "argument ETH is missing: '" + ether + "' names no Ethernet address"
                      : "ETH '" + ether + "' is no Ethernet address");
    }
    for (const std::string& problem : {set_address(address), broadcast.empty() ? "" : set_broadcast(broadcast)}) {
      if (!problem.empty()) errors.add(problem);
    }
  }

  void initialize(Host& host, Errors& errors) override {
    if (!shared_) own_.open(*this, host, errors);
    responses_.open(*this, "responses", host, errors);
    use(state(), host, errors);
  }

  void add_handlers(HandlerTable& handlers) override {
    add_arp_readers(handlers, [this]() -> Neighbourhood& { return state(); });
    handlers.read("stats", [this] {
      return std::to_string(all_drops()) + " packets killed\n" + queries_.text() + " ARP queries sent\n";
    });
    handlers.read("queries", [this] { return queries_.text(); });
    handlers.read("responses", [this] { return responses_.text(); });
    handlers.read("drops", [this] { return unreachable_.text(); });
    handlers.read("broadcast", [this] { return broadcast_text(); });
    handlers.write("broadcast", [this](std::string_view text) { return set_broadcast(text); });
    handlers.read("ipaddr", [this] { return ip_address_text(link_.addresses[0].address.data()); });
    handlers.write("ipaddr", [this](std::string_view text) { return set_own(text); });
    state().add_writers(handlers);
  }

  void resume() override {
    if (!shared_) own_.resume(*this);
    NeighbourResolver::resume();
  }
  void pause() override {
    NeighbourResolver::pause();
    if (!shared_) own_.pause();
  }
  uint64_t timer_at() const override {
    uint64_t waiting = NeighbourResolver::timer_at();
    if (shared_) return waiting;
    return waiting ? std::min(waiting, own_.next_expiry()) : own_.next_expiry();
  }
  void on_timer(uint64_t now) override {
    if (!shared_) own_.expire(now);
    NeighbourResolver::on_timer(now);
  }

 private:
  Neighbourhood& state() { return shared_ ? shared_->state() : own_; }
  uint64_t all_drops() { return unreachable_.packets() + state().drops.packets(); }

  std::string set_address(std::string_view text) {
    IpPrefix prefix;
    if (!parse_ip_prefix(text, prefix) || !is_ip4(prefix.address.data())) {
      return "IP '" + std::string(text) + "' is no IPv4 address, such as 192.0.2.1/24";
    }
    link_.addresses = {prefix};
    return "";
  }
  std::string set_own(std::string_view text) {
    IpAddress address;
    if (!parse_ip_address(text, address) || !is_ip4(address.data())) return "ipaddr is an IPv4 address";
    link_.addresses[0].address = address;
    return "";
  }
  std::string set_broadcast(std::string_view text) {
    IpAddress address;
    if (!parse_ip_address(text, address) || !is_ip4(address.data())) return "BROADCAST is an IPv4 address";
    link_.broadcast = address;
    return "";
  }
  std::string broadcast_text() const {
    if (link_.broadcast) return ip_address_text(link_.broadcast->data());
    IpAddress last = link_.addresses[0].address;
    for (uint32_t bit = link_.addresses[0].length; bit < 128; ++bit) last.data()[bit / 8] |= uint8_t(0x80 >> (bit % 8));
    return link_.addresses[0].length < 127 ? ip_address_text(last.data()) : "255.255.255.255";
  }

  bool address_of(const Packet& packet, IpAddress& address) const override {
    uint8_t annotation[4];
    std::memcpy(annotation, &packet.destination_ip, 4);
    address = ip4_address(annotation);
    return true;
  }

  bool read_message(const Packet& packet, NeighbourNews& news, Sent&) override {
    if (packet.length >= ArpMessage::kFrameBytes) responses_.add(packet);
    ArpMessage message;
    if (!read_arp(packet.data(), packet.length, message) || message.operation != ArpMessage::kReply) return false;
    news = news_of(message);
    news.introduces = true;
    return true;
  }

  Neighbourhood own_;
  ARPTable* shared_ = nullptr;
  KeptCounter responses_;
};

}  // namespace clickup
