#include "support/address_names/address_names.hh"

#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <netinet/in.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

#include "driver/router.hh"
#include "support/ether_address/ether_address.hh"
#include "support/ip_address/ip_address.hh"

namespace clickup {
namespace {

struct Interface {
  std::optional<EtherAddress> ether;
  std::optional<uint32_t> address;  // network byte order, as the mask
  uint32_t mask = ~0u;
};

std::string ip_text(uint32_t address) {
  char text[INET_ADDRSTRLEN];
  return inet_ntop(AF_INET, &address, text, sizeof text);
}

std::string prefix_text(uint32_t address, uint32_t mask) {
  return ip_text(address) + "/" + std::to_string(std::popcount(mask));
}

uint32_t ip4_of(const sockaddr* address) {
  sockaddr_in four;
  std::memcpy(&four, address, sizeof four);
  return four.sin_addr.s_addr;
}

void take_address(const ifaddrs& entry, Interface& found) {
  if (entry.ifa_addr->sa_family == AF_INET && !found.address) {
    found.address = ip4_of(entry.ifa_addr);
    if (entry.ifa_netmask) found.mask = ip4_of(entry.ifa_netmask);
  }
  if (entry.ifa_addr->sa_family != AF_PACKET) return;
  sockaddr_ll link;
  std::memcpy(&link, entry.ifa_addr, sizeof link);
  if (link.sll_hatype != ARPHRD_ETHER || link.sll_halen != sizeof(EtherAddress)) return;
  std::memcpy(found.ether.emplace().data(), link.sll_addr, sizeof(EtherAddress));
}

Interface interface_named(const std::string& name) {
  Interface found;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return found;
  std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
  for (const ifaddrs* entry = list; entry; entry = entry->ifa_next) {
    if (entry->ifa_addr && name == entry->ifa_name) take_address(*entry, found);
  }
  return found;
}

// The gateway of the default route over the interface; 0 when there is none.
uint32_t default_gateway(const std::string& interface) {
  std::ifstream routes("/proc/net/route");
  std::string line;
  while (std::getline(routes, line)) {
    std::istringstream words(line);
    std::string name;
    uint32_t destination = 1, gateway = 0;
    if (words >> name >> std::hex >> destination >> gateway && name == interface && destination == 0) return gateway;
  }
  return 0;
}

// What stands before the name of an element: `a/b/` of `a/b/c`.
std::string_view scope_of(std::string_view name) { return name.substr(0, name.rfind('/') + 1); }

// Of the innermost compound around the element; of several in one place the last.
const AddressBook::Entry* defined(const Element& element, std::string_view name, AddressKind kind) {
  const AddressBook::Entry* found = nullptr;
  size_t depth = 0;
  for (const auto& one : element.router().elements()) {
    std::string_view scope = scope_of(one->name());
    if (std::string_view(one->class_name()) != "AddressInfo" || scope.size() < depth) continue;
    const auto& book = static_cast<const AddressBook&>(*one);
    const AddressBook::Entry* entry = element.name().starts_with(scope) ? book.find(name, kind) : nullptr;
    if (!entry) continue;
    found = entry;
    depth = scope.size();
  }
  return found;
}

std::optional<std::string> of_interface(const std::string& name, AddressKind kind) {
  bool wanted = kind == AddressKind::ether || kind == AddressKind::ip || kind == AddressKind::network;
  Interface found = wanted ? interface_named(name) : Interface{};
  if (kind == AddressKind::ether && found.ether) return ether_address_text(*found.ether);
  if (kind == AddressKind::ip && found.address) return ip_text(*found.address);
  if (kind == AddressKind::network && found.address) return prefix_text(*found.address, found.mask);
  return std::nullopt;
}

std::optional<std::string> plain(const Element& element, std::string_view name, AddressKind kind) {
  if (const AddressBook::Entry* entry = defined(element, name, kind)) return entry->text;
  return of_interface(std::string(name), kind);
}

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool suffix_fits(std::string_view suffix, AddressKind kind) {
  switch (kind) {
    case AddressKind::ether: return one_of(suffix, {":eth", ":ether", ":ethernet"});
    case AddressKind::ip: return one_of(suffix, {":ip", ":ip4"});
    case AddressKind::network: return one_of(suffix, {":net", ":ipnet", ":ip4net"});
    case AddressKind::ip6: return suffix == ":ip6";
    case AddressKind::network6: return suffix == ":ip6net";
    default: return false;
  }
}

// The first address of the network, or its last one.
std::optional<std::string> end_of(const std::optional<std::string>& network, bool last) {
  IpPrefix prefix;
  if (!network || !parse_ip_prefix(*network, prefix)) return std::nullopt;
  uint32_t address = 0, hosts = prefix.length == 128 ? 0 : ~0u >> (prefix.length - 96);
  std::memcpy(&address, prefix.address.data() + 12, 4);
  address = ntohl(address);
  return ip_text(htonl(last ? address | hosts : (address & ~hosts) | 1));
}

std::optional<std::string> gateway(const Element& element, std::string_view word, std::string_view name) {
  if (const AddressBook::Entry* entry = defined(element, word, AddressKind::ip)) return entry->text;
  if (const AddressBook::Entry* entry = defined(element, name, AddressKind::network)) return end_of(entry->text, false);
  if (uint32_t address = default_gateway(std::string(name))) return ip_text(address);
  return end_of(of_interface(std::string(name), AddressKind::network), false);
}

// The part of a prefix before the slash may be a name.
std::optional<std::string> before_slash(const Element& element, std::string_view word) {
  size_t slash = word.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  std::optional<std::string> address = named_address(element, word.substr(0, slash), AddressKind::ip);
  return address ? *address + std::string(word.substr(slash)) : address;
}

}  // namespace

std::optional<std::string> named_address(const Element& element, std::string_view word, AddressKind kind) {
  if (kind == AddressKind::ip_or_prefix) {
    std::optional<std::string> found = named_address(element, word, AddressKind::ip);
    return found ? found : named_address(element, word, AddressKind::network);
  }
  if (kind == AddressKind::network) {
    if (std::optional<std::string> found = before_slash(element, word)) return found;
  }
  size_t colon = word.rfind(':');
  if (colon == std::string_view::npos) return plain(element, word, kind);
  std::string suffix(word.substr(colon));
  std::transform(suffix.begin(), suffix.end(), suffix.begin(), [](unsigned char c) { return char(tolower(c)); });
  std::string_view name = word.substr(0, colon);
  if (suffix_fits(suffix, kind)) return plain(element, name, kind);
  if (kind != AddressKind::ip) return std::nullopt;
  if (suffix == ":bcast") return end_of(plain(element, name, AddressKind::network), true);
  return suffix == ":gw" ? gateway(element, word, name) : std::nullopt;
}

std::string with_addresses(const Element& element, std::string_view text, AddressKind kind) {
  std::istringstream words{std::string(text)};
  std::string replaced;
  for (std::string word; words >> word;) {
    IpPrefix prefix;
    EtherAddress ether;
    bool literal = parse_ip_prefix(word, prefix) || parse_ether_address(word, ether);
    std::optional<std::string> address = literal ? std::nullopt : named_address(element, word, kind);
    replaced += (replaced.empty() ? "" : " ") + address.value_or(word);
  }
  return replaced;
}

const AddressBook::Entry* AddressBook::find(std::string_view name, AddressKind kind) const {
  auto found = std::find_if(entries_.rbegin(), entries_.rend(),
                            [&](const Entry& entry) { return entry.kind == kind && entry.name == name; });
  return found == entries_.rend() ? nullptr : &*found;
}

}  // namespace clickup
