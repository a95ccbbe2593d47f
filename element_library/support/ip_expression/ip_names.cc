#include "support/ip_expression/ip_names.hh"

#include <algorithm>

namespace clickup {
namespace {

constexpr NamedNumber kPorts[] = {
    {"echo", 7},           {"discard", 9},       {"daytime", 13},    {"chargen", 19},      {"ftp-data", 20},
    {"ftp", 21},           {"ssh", 22},          {"telnet", 23},     {"smtp", 25},         {"domain", 53},
    {"dns", 53},           {"bootps", 67},       {"dhcp", 67},       {"bootpc", 68},       {"tftp", 69},
    {"finger", 79},        {"www", 80},          {"http", 80},       {"kerberos", 88},     {"pop3", 110},
    {"sunrpc", 111},       {"auth", 113},        {"nntp", 119},      {"ntp", 123},         {"netbios-ns", 137},
    {"netbios-dgm", 138},  {"netbios-ssn", 139}, {"imap", 143},      {"snmp", 161},        {"snmp-trap", 162},
    {"bgp", 179},          {"irc", 194},         {"imap3", 220},     {"ldap", 389},        {"https", 443},
    {"smb", 445},          {"isakmp", 500},      {"syslog", 514},    {"route", 520},       {"rip", 520},
    {"dhcp6-client", 546}, {"dhcp6", 547},       {"rtsp", 554},      {"submission", 587},  {"ldaps", 636},
    {"dot", 853},          {"imaps", 993},       {"pop3s", 995},     {"openvpn", 1194},    {"radius", 1812},
    {"mqtt", 1883},        {"nfs", 2049},        {"mysql", 3306},    {"rdp", 3389},        {"ipsec-nat-t", 4500},
    {"sip", 5060},         {"postgresql", 5432}, {"http-alt", 8080}, {"wireguard", 51820},
};

constexpr NamedNumber kProtocols[] = {
    {"icmp", 1},  {"igmp", 2},   {"ipip", 4},   {"tcp", 6},    {"udp", 17},      {"dccp", 33},
    {"ipv6", 41}, {"gre", 47},   {"esp", 50},   {"ah", 51},    {"icmp6", 58},    {"ospf", 89},
    {"pim", 103}, {"vrrp", 112}, {"l2tp", 115}, {"sctp", 132}, {"udplite", 136},
};

constexpr NamedNumber kTcpFlags[] = {
    {"fin", 0x01}, {"syn", 0x02}, {"rst", 0x04}, {"psh", 0x08},
    {"ack", 0x10}, {"urg", 0x20}, {"ece", 0x40}, {"cwr", 0x80},
};

constexpr NamedNumber kIcmpTypes[] = {
    {"echo-reply", 0},
    {"unreachable", 3},
    {"sourcequench", 4},
    {"redirect", 5},
    {"echo", 8},
    {"routeradvert", 9},
    {"routersolicit", 10},
    {"timeexceeded", 11},
    {"parameterproblem", 12},
    {"timestamp", 13},
    {"timestamp-reply", 14},
    {"inforeq", 15},
    {"inforeq-reply", 16},
    {"maskreq", 17},
    {"maskreq-reply", 18},
};

constexpr NamedNumber kIcmp6Types[] = {
    {"unreachable", 1},      {"packettoobig", 2},   {"timeexceeded", 3},
    {"parameterproblem", 4}, {"echo", 128},         {"echo-reply", 129},
    {"routersolicit", 133},  {"routeradvert", 134}, {"neighborsolicit", 135},
    {"neighboradvert", 136}, {"redirect", 137},
};

// Edits (insert, delete, replace, swap of neighbours) between two words.
size_t distance(std::string_view from, std::string_view to) {
  std::vector<size_t> before, row(to.size() + 1), next(to.size() + 1);
  for (size_t j = 0; j <= to.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= from.size(); ++i) {
    next[0] = i;
    for (size_t j = 1; j <= to.size(); ++j) {
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (from[i - 1] != to[j - 1])});
      bool swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
      if (swapped) next[j] = std::min(next[j], before[j - 2] + 1);
    }
    before = row;
    row.swap(next);
  }
  return row[to.size()];
}

}  // namespace

std::span<const NamedNumber> port_names() { return kPorts; }
std::span<const NamedNumber> protocol_names() { return kProtocols; }
std::span<const NamedNumber> tcp_flag_names() { return kTcpFlags; }
std::span<const NamedNumber> icmp_type_names() { return kIcmpTypes; }
std::span<const NamedNumber> icmp6_type_names() { return kIcmp6Types; }

std::optional<uint32_t> number_of(std::span<const NamedNumber> names, std::string_view name) {
  for (const NamedNumber& entry : names) {
    if (entry.name == name) return entry.number;
  }
  return std::nullopt;
}

std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  size_t least = word.size() <= 3 ? 2 : 3;  // more edits than that are another word
  for (std::string_view candidate : candidates) {
    size_t edits = distance(word, candidate);
    if (edits < least && edits < candidate.size()) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}

std::vector<std::string_view> words_of(std::span<const NamedNumber> names) {
  std::vector<std::string_view> words;
  for (const NamedNumber& entry : names) words.push_back(entry.name);
  return words;
}

std::string quoted(std::string_view word) { return "'" + std::string(word) + "'"; }

std::string suggestion(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string_view nearest = nearest_word(word, candidates);
  return nearest.empty() ? "" : "; did you mean " + quoted(nearest) + "?";
}

}  // namespace clickup
