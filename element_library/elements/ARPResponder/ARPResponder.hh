// ARPResponder(IP[/MASK] ... ETH, ...): answers ARP requests for given addresses (RFC 826).
//
// Ports: 1 input, agnostic; output 0, agnostic, for replies; optional output 1, push, for everything else (else
// dropped). Takes Ethernet frames. The longest prefix that matches decides. Hosts that announce their own address (RFC
// 5227) get no answer, so that prefixes may stand for hosts on other links (proxy ARP, RFC 1027). An entry may name
// addresses of an AddressInfo or of an interface. Handlers: table (r), one prefix a line; lookup ADDRESS (r); add,
// remove (w), as an argument and as a prefix.
#pragma once

#include <algorithm>
#include <sstream>
#include <vector>

#include "driver/element.hh"
#include "support/address_names/address_names.hh"
#include "support/batch_split/batch_split.hh"
#include "support/ether_address/ether_address.hh"
#include "support/ip_fields/ip_fields.hh"
#include "support/ip_operand/ip_operand.hh"

namespace clickup {

class ARPResponder : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    for (const std::string& argument : arguments.rest()) {
      if (std::string problem = add(with_names(argument)); !problem.empty())
        errors.add("entry '" + argument + "': " + problem);
    }
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("table", [this] { return table(); });
    handlers.read("lookup", [this](std::string_view address) { return look_up_text(address); });
    handlers.write("add", [this](std::string_view text) { return add(text); });
    handlers.write("remove", [this](std::string_view text) { return remove(text); });
  }

  void process(Batch& batch) override {
    Batch others;
    filter_batch(batch, others, [this](Packet& packet) { return answer(packet); });
    if (!others.empty()) push_or_release(1, others);
  }

 private:
  struct Entry {
    uint32_t address, mask;  // host byte order
    EtherAddress ether;
  };

  bool answer(Packet& packet) const {
    static constexpr uint8_t request[8]{0, 1, 8, 0, 6, 4, 0, 1};  // Ethernet, IPv4, lengths, operation
    uint8_t* frame = packet.data();
    uint8_t* arp = frame + 14;
    if (packet.length < 42 || load16(frame + 12) != 0x0806 || std::memcmp(arp, request, sizeof request) != 0)
      return false;
    const Entry* entry = look_up(load32(arp + 24));
    if (!entry || std::memcmp(arp + 14, arp + 24, 4) == 0) return false;
    uint8_t target[4];
    std::memcpy(target, arp + 24, 4);
    arp[7] = 2;
    std::memcpy(arp + 18, arp + 8, 10);  // who asked becomes the target
    std::memcpy(arp + 8, entry->ether.data(), 6);
    std::memcpy(arp + 14, target, 4);
    std::memcpy(frame, arp + 18, 6);
    std::memcpy(frame + 6, entry->ether.data(), 6);
    packet.length = 42;
    packet.mac_header = packet.begin;
    return true;
  }

  const Entry* look_up(uint32_t address) const {
    for (const Entry& entry : entries_) {
      if ((address & entry.mask) == entry.address) return &entry;
    }
    return nullptr;
  }

  std::string add(std::string_view text) {
    std::istringstream words{std::string(text)};
    std::vector<std::string> given;
    for (std::string word; words >> word;) given.push_back(word);
    Entry entry{};
    size_t ethers =
        std::erase_if(given, [&](const std::string& word) { return parse_ether_address(word, entry.ether); });
    if (given.empty() || ethers != 1) {
      return "expected addresses or prefixes and an Ethernet address, such as '192.0.2.1 02:00:00:00:00:01'";
    }
    std::vector<Entry> added;
    for (const std::string& word : given) {
      if (!read_prefix(word, entry)) return "'" + word + "' is not an IPv4 address or prefix";
      added.push_back(entry);
    }
    for (const Entry& one : added) insert(one);
    return "";
  }

  // Names by addresses: each stands for its IP address if it has one, and the first of all that has an Ethernet address
  // for that one, if none is written.
  std::string with_names(std::string_view argument) const {
    std::string addresses = with_addresses(*this, argument, AddressKind::ip_or_prefix);
    std::istringstream words(addresses), names{std::string(argument)};
    EtherAddress ether;
    std::string word, text;
    bool found = false;
    while (words >> word) {
      Entry entry;
      if (!read_prefix(word, entry)) word = with_addresses(*this, word, AddressKind::ether);
      found = found || parse_ether_address(word, ether);
      text += word + " ";
    }
    while (!found && names >> word) {
      std::optional<std::string> named = named_address(*this, word, AddressKind::ether);
      if ((found = named.has_value())) text += *named;
    }
    return text;
  }

  static bool read_prefix(std::string_view word, Entry& entry) {
    std::string problem;
    std::optional<PrefixOperand> prefix = parse_prefix(word, problem);
    if (!prefix || prefix->six) return false;
    entry.address = prefix->address;
    entry.mask = prefix->mask;
    return true;
  }

  // Longer prefixes first; an entry replaces that of the same prefix.
  void insert(const Entry& entry) {
    std::erase_if(entries_, [&](const Entry& one) { return one.address == entry.address && one.mask == entry.mask; });
    auto place =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& one) { return one.mask < entry.mask; });
    entries_.insert(place, entry);
  }

  std::string remove(std::string_view text) {
    Entry entry{};
    if (!read_prefix(text, entry)) return "'" + std::string(text) + "' is not an IPv4 address or prefix";
    size_t gone = std::erase_if(
        entries_, [&](const Entry& one) { return one.address == entry.address && one.mask == entry.mask; });
    return gone ? "" : "there is no such entry";
  }

  std::string table() const {
    std::ostringstream text;
    for (const Entry& entry : entries_) {
      int length = 0;
      while (length < 32 && (entry.mask << length & 0x80000000) != 0) ++length;
      text << (entry.address >> 24) << '.' << (entry.address >> 16 & 255) << '.' << (entry.address >> 8 & 255) << '.'
           << (entry.address & 255) << '/' << length << '\t' << ether_address_text(entry.ether) << '\n';
    }
    return text.str();
  }

  std::string look_up_text(std::string_view text) const {
    std::optional<uint32_t> address = parse_ip4(text);
    if (!address) return "expected an IPv4 address";
    const Entry* entry = look_up(*address);
    return entry ? ether_address_text(entry->ether) : "";
  }

  std::vector<Entry> entries_;
};

}  // namespace clickup
