// Settings of a load balancer: services, backends, and how it treats them.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "driver/arguments.hh"
#include "elements/BalanceTable/balance_state.hh"
#include "elements/BalanceTable/maglev.hh"
#include "support/entry_list/entry_list.hh"
#include "support/ether_address/ether_address.hh"
#include "support/ip_address/ip_address.hh"
#include "support/ip_header/ip_header.hh"

namespace clickup {

struct BalanceEndpoint {
  IpAddress address{};
  uint16_t port = 0;

  bool operator==(const BalanceEndpoint&) const = default;
  bool operator<(const BalanceEndpoint& other) const {
    return address == other.address ? port < other.port : address < other.address;
  }
};

struct BalanceService {
  BalanceEndpoint endpoint;
  uint8_t protocol = 0;
};

struct ListedBackend {
  BalanceEndpoint endpoint;  // port 0: the service's
  uint32_t weight = 1;
  bool has_mac = false;
  EtherAddress mac{};
};

struct BalancePolicy {
  std::vector<BalanceService> services;
  std::vector<ListedBackend> backends;
  bool direct = false;
  bool move_from_down = true;
  BalanceTimeouts timeouts;
};

inline std::string endpoint_text(const BalanceEndpoint& endpoint) {
  std::string address = ip_address_text(endpoint.address.data());
  if (endpoint.port == 0) return address;
  bool four = is_ip4(endpoint.address.data());
  return (four ? address : "[" + address + "]") + ":" + std::to_string(endpoint.port);
}

// `10.0.0.1`, `10.0.0.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
inline bool parse_endpoint(std::string_view text, BalanceEndpoint& endpoint) {
  std::string_view port;
  if (text.starts_with('[')) {
    size_t end = text.find(']');
    if (end == std::string_view::npos || (end + 1 < text.size() && text[end + 1] != ':')) return false;
    port = text.substr(end + 1);
    text = text.substr(1, end - 1);
  } else if (text.find(':') == text.rfind(':') && text.find(':') != std::string_view::npos) {
    port = text.substr(text.find(':'));
    text = text.substr(0, text.find(':'));
  }
  if (!parse_ip_address(text, endpoint.address)) return false;
  if (port.empty()) return endpoint.port = 0, true;
  unsigned number = 0;
  auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), number);
  endpoint.port = uint16_t(number);
  return error == std::errc() && end == port.data() + port.size() && number > 0 && number <= 0xffff;
}

namespace balance_policy_detail {

inline std::string read_service(const std::string& entry, BalanceService& service) {
  std::vector<std::string> words = split_entries(entry, ' ');
  bool known = words.size() == 2 && (words[0] == "tcp" || words[0] == "udp");
  if (!known || !parse_endpoint(words[1], service.endpoint) || service.endpoint.port == 0) {
    return "'" + entry + "' is no service: give `tcp ADDRESS:PORT` or `udp ADDRESS:PORT`";
  }
  service.protocol = words[0] == "tcp" ? protocol::tcp : protocol::udp;
  return "";
}

inline std::string read_backend(const std::string& entry, ListedBackend& backend) {
  std::string wrong = "'" + entry + "' is no backend: give `ADDRESS[:PORT] [weight 0-" +
                      std::to_string(MaglevTable::kMostWeight) + "] [mac ADDRESS]`";
  std::vector<std::string> words = split_entries(entry, ' ');
  if (words.size() % 2 == 0 || !parse_endpoint(words[0], backend.endpoint)) return wrong;
  for (size_t i = 1; i < words.size(); i += 2) {
    const std::string& value = words[i + 1];
    if (words[i] == "weight") {
      auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), backend.weight);
      bool whole = error == std::errc() && end == value.data() + value.size();
      if (!whole || backend.weight > MaglevTable::kMostWeight) return wrong;
    } else if (words[i] == "mac") {
      backend.has_mac = parse_ether_address(value, backend.mac);
      if (!backend.has_mac) return wrong;
    } else {
      return wrong;
    }
  }
  return "";
}

}  // namespace balance_policy_detail

inline constexpr size_t kMostServices = 64;

// Each returns an error in the text, empty when the new setting has replaced the old one.
inline std::string set_services(BalancePolicy& policy, std::string_view text) {
  std::vector<BalanceService> services;
  for (const std::string& entry : split_entries(text)) {
    BalanceService service;
    if (std::string error = balance_policy_detail::read_service(entry, service); !error.empty()) return error;
    for (const BalanceService& other : services) {
      bool same = other.endpoint == service.endpoint && other.protocol == service.protocol;
      if (same) return "'" + entry + "' is given twice";
    }
    services.push_back(service);
  }
  if (services.empty() || services.size() > kMostServices) {
    return "SERVICES are 1 to " + std::to_string(kMostServices) + ", not " + std::to_string(services.size());
  }
  policy.services = std::move(services);
  return "";
}

inline std::string set_backends(BalancePolicy& policy, std::string_view text) {
  std::vector<ListedBackend> backends;
  std::set<BalanceEndpoint> known;
  for (const std::string& entry : split_entries(text == "none" ? "" : text)) {
    ListedBackend backend;
    if (std::string error = balance_policy_detail::read_backend(entry, backend); !error.empty()) return error;
    if (!known.insert(backend.endpoint).second) return "backend " + endpoint_text(backend.endpoint) + " is given twice";
    backends.push_back(backend);
  }
  if (backends.size() > MaglevTable::kMostBackends) {
    return "BACKENDS are at most " + std::to_string(MaglevTable::kMostBackends) + ", not " +
           std::to_string(backends.size());
  }
  policy.backends = std::move(backends);
  return "";
}

inline std::string set_mode(BalancePolicy& policy, std::string_view text) {
  if (text != "nat" && text != "direct") return "MODE is nat or direct, not '" + std::string(text) + "'";
  policy.direct = text == "direct";
  return "";
}

inline std::string set_on_down(BalancePolicy& policy, std::string_view text) {
  if (text != "move" && text != "keep") return "ON_DOWN is move or keep, not '" + std::string(text) + "'";
  policy.move_from_down = text == "move";
  return "";
}

template <uint64_t BalanceTimeouts::* timeout>
std::string set_timeout(BalancePolicy& policy, std::string_view text) {
  constexpr double kLongest = 10 * 365 * 86400.0;  // seconds; far from overflowing any deadline
  double seconds = 0;
  if (!parse_duration(text, seconds) || !(seconds >= 0.001) || seconds > kLongest) {
    return "'" + std::string(text) +
           "' is no timeout: give seconds, or a number with ms, s, min or h, above 0 and at most ten years";
  }
  policy.timeouts.*timeout = uint64_t(std::llround(seconds * double(kBalanceSecond)));
  return "";
}

}  // namespace clickup
