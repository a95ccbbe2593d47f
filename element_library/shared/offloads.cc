#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "shared/packet_socket.hh"

namespace clickup {
namespace {

// Returns false when the interface refuses.
bool ethtool(std::string_view interface, uint32_t command, uint32_t& value) {
  FileDescriptor fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ethtool_value argument{command, value};
  ifreq request{};
  std::memcpy(request.ifr_name, interface.data(), std::min(interface.size(), sizeof request.ifr_name - 1));
  request.ifr_data = reinterpret_cast<char*>(&argument);
  if (!fd || ::ioctl(fd.get(), SIOCETHTOOL, &request) != 0) return false;
  value = argument.data;
  return true;
}

// LRO and VLAN offloads share one word of flags: the get/set pair below works on one bit of it.
bool is_flag(uint32_t set) { return set == ETH_FLAG_LRO || set == ETH_FLAG_RXVLAN || set == ETH_FLAG_TXVLAN; }

bool read_setting(std::string_view interface, uint32_t get, uint32_t set, bool& on) {
  uint32_t value = 0;
  if (!ethtool(interface, get, value)) return false;
  on = is_flag(set) ? (value & set) != 0 : value != 0;
  return true;
}

bool write_setting(std::string_view interface, uint32_t set, bool on) {
  if (!is_flag(set)) {
    uint32_t value = on;
    return ethtool(interface, set, value);
  }
  uint32_t flags = 0;
  if (!ethtool(interface, ETHTOOL_GFLAGS, flags)) return false;
  flags = on ? flags | set : flags & ~set;
  return ethtool(interface, ETHTOOL_SFLAGS, flags);
}

}  // namespace

// Segmentation before checksums: turning off checksums silently turns off what depends on them.
const Offloads::Setting Offloads::kSettings[] = {
    {"large-receive-offload", ETHTOOL_GFLAGS, ETH_FLAG_LRO},
    {"generic-receive-offload", ETHTOOL_GGRO, ETHTOOL_SGRO},
    {"tcp-segmentation-offload", ETHTOOL_GTSO, ETHTOOL_STSO},
    {"generic-segmentation-offload", ETHTOOL_GGSO, ETHTOOL_SGSO},
    {"rx-checksumming", ETHTOOL_GRXCSUM, ETHTOOL_SRXCSUM},
    {"tx-checksumming", ETHTOOL_GTXCSUM, ETHTOOL_STXCSUM},
    {"scatter-gather", ETHTOOL_GSG, ETHTOOL_SSG},
    {"rx-vlan-offload", ETHTOOL_GFLAGS, ETH_FLAG_RXVLAN},
    {"tx-vlan-offload", ETHTOOL_GFLAGS, ETH_FLAG_TXVLAN},
};

Offloads::Offloads(std::string_view interface) : interface_(interface) {
  std::vector<const Setting*> on;
  for (const Setting& setting : kSettings) {
    bool enabled = false;
    if (read_setting(interface_, setting.get, setting.set, enabled) && enabled) on.push_back(&setting);
  }
  for (const Setting* setting : on) {
    bool enabled = true;
    write_setting(interface_, setting->set, false);
    if (read_setting(interface_, setting->get, setting->set, enabled) && !enabled) changed_.push_back(setting);
  }
}

Offloads::Offloads(Offloads&& other) noexcept
    : interface_(std::move(other.interface_)), changed_(std::move(other.changed_)) {
  other.changed_.clear();
}

// In the opposite order: settings that others depend on come first.
void Offloads::restore() {
  for (auto setting = changed_.rbegin(); setting != changed_.rend(); ++setting)
    write_setting(interface_, (*setting)->set, true);
  changed_.clear();
}

void Offloads::turn_on(std::string_view interface, const std::vector<std::string>& names) {
  for (auto setting = std::rbegin(kSettings); setting != std::rend(kSettings); ++setting)
    if (std::find(names.begin(), names.end(), setting->name) != names.end())
      write_setting(interface, setting->set, true);
}

std::vector<std::string> Offloads::changed() const {
  std::vector<std::string> names;
  for (const Setting* setting : changed_) names.emplace_back(setting->name);
  return names;
}

}  // namespace clickup
