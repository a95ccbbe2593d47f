#include "shared/packet_socket.hh"

#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace clickup {
namespace {

constexpr size_t kSmallestRing = 1u << 20;
constexpr uint32_t kSmallestFrame = 2048;
constexpr uint32_t kLargestMtu = 9216;
constexpr int kSocketBuffer = 8 << 20;

std::string existing_interfaces() {
  std::string names;
  struct if_nameindex* all = ::if_nameindex();
  for (auto* entry = all; entry && entry->if_index != 0; ++entry)
    names += (names.empty() ? "" : ", ") + std::string(entry->if_name);
  if (all) ::if_freenameindex(all);
  return names.empty() ? "none" : names;
}

std::string reason(std::string_view interface, const char* what) {
  std::string text = "interface '" + std::string(interface) + "': " + what + ": " + std::strerror(errno);
  if (errno == EPERM || errno == EACCES)
    text +=
        "; packet sockets need the capability CAP_NET_RAW: run as root, grant it (setcap cap_net_raw,cap_net_admin+ep)"
        " or enter a user and network namespace (unshare -Urn)";
  return text;
}

ifreq request_for(std::string_view interface) {
  ifreq request{};
  std::memcpy(request.ifr_name, interface.data(), std::min(interface.size(), sizeof request.ifr_name - 1));
  return request;
}

std::string bring_up(int fd, std::string_view interface) {
  ifreq request = request_for(interface);
  if (::ioctl(fd, SIOCGIFFLAGS, &request) != 0) return reason(interface, "cannot read its state");
  if (request.ifr_flags & IFF_UP) return {};
  request.ifr_flags = short(request.ifr_flags | IFF_UP);
  if (::ioctl(fd, SIOCSIFFLAGS, &request) != 0) return reason(interface, "it is down and cannot be brought up");
  return {};
}

uint32_t frame_size_for(uint32_t mtu) {
  // Ring header, link-level address, alignment, Ethernet header and a VLAN tag.
  uint32_t needed = std::min(mtu, kLargestMtu) + TPACKET_ALIGN(TPACKET2_HDRLEN) + 64;
  uint32_t size = kSmallestFrame;
  while (size < needed) size *= 2;  // a power of two: frames never straddle blocks
  return size;
}

std::string make_ring(RingSocket& socket, std::string_view interface, size_t ring_bytes) {
  int version = TPACKET_V2;
  if (::setsockopt(socket.fd.get(), SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0)
    return reason(interface, "the kernel has no TPACKET_V2 rings");
  socket.frame_size = link_facts(interface).frame_bytes;
  uint32_t block = std::max(socket.frame_size, 1u << 16);
  for (size_t bytes = ring_bytes; bytes >= kSmallestRing; bytes /= 2) {
    tpacket_req request{};
    request.tp_block_size = block;
    request.tp_block_nr = unsigned(bytes / block);
    request.tp_frame_size = socket.frame_size;
    request.tp_frame_nr = request.tp_block_nr * (block / socket.frame_size);
    socket.frame_count = request.tp_frame_nr;
    if (::setsockopt(socket.fd.get(), SOL_PACKET, PACKET_RX_RING, &request, sizeof request) == 0) return {};
    if (errno != ENOMEM && errno != ENOBUFS) break;
  }
  return reason(interface, "no memory for a receive ring");
}

// As far as the system lets us.
void enlarge(int fd, int beyond_limit, int within_limit) {
  int bytes = kSocketBuffer;
  if (::setsockopt(fd, SOL_SOCKET, beyond_limit, &bytes, sizeof bytes) != 0)
    ::setsockopt(fd, SOL_SOCKET, within_limit, &bytes, sizeof bytes);
}

// Results of options that are useful but not necessary are not checked.
std::string tune(RingSocket& socket, std::string_view interface) {
  int fd = socket.fd.get(), on = 1;
  if (::setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0)
    return reason(interface, "cannot ignore its outgoing frames (Linux 4.20 or newer is needed)");
  ::setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
  enlarge(fd, SO_SNDBUFFORCE, SO_SNDBUF);
  enlarge(fd, SO_RCVBUFFORCE, SO_RCVBUF);
  packet_mreq membership{};
  membership.mr_ifindex = socket.interface_index;
  membership.mr_type = PACKET_MR_PROMISC;
  if (::setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership) != 0)
    return reason(interface, "cannot make it promiscuous");
  return {};
}

// Frames go to the group member whose number a program returns (modulo the number of members).
bool set_program(int fd, int option_level, int option, uint32_t value) {
  sock_filter code[] = {{BPF_RET | BPF_K, 0, 0, value}};
  sock_fprog program{1, code};
  return ::setsockopt(fd, option_level, option, &program, sizeof program) == 0;
}

constexpr uint32_t kGroupType = PACKET_FANOUT_CBPF;
constexpr uint32_t kIgnoreOutgoing = 0x4000, kUnique = 0x2000;  // flags of linux/if_packet.h, for older headers

std::string open_closed(std::string_view interface, RingSocket& socket, size_t ring_bytes) {
  socket.interface_index = interface_index(interface);
  if (socket.interface_index == 0)
    return "no interface '" + std::string(interface) +
           "' in this network namespace; there are: " + existing_interfaces();
  // Protocol 0 receives nothing: frames enter only after bind, so never those of another interface.
  socket.fd.reset(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.fd) return reason(interface, "cannot open a packet socket");
  if (std::string why = bring_up(socket.fd.get(), interface); !why.empty()) return why;
  if (std::string why = make_ring(socket, interface, ring_bytes); !why.empty()) return why;
  return tune(socket, interface);
}

std::string bind_to(std::string_view interface, const RingSocket& socket) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = socket.interface_index;
  bool bound = ::bind(socket.fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  return bound ? "" : reason(interface, "cannot bind to it");
}

}  // namespace

int interface_index(std::string_view interface) {
  return interface.empty() || interface.size() >= IFNAMSIZ ? 0 : int(::if_nametoindex(std::string(interface).c_str()));
}

LinkFacts link_facts(std::string_view interface) {
  LinkFacts facts;
  FileDescriptor fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request = request_for(interface);
  if (::ioctl(fd.get(), SIOCGIFMTU, &request) == 0) facts.mtu = uint32_t(request.ifr_mtu);
  facts.frame_bytes = frame_size_for(facts.mtu);
  ethtool_cmd settings{};
  settings.cmd = ETHTOOL_GSET;
  request = request_for(interface);
  request.ifr_data = reinterpret_cast<char*>(&settings);
  bool known = ::ioctl(fd.get(), SIOCETHTOOL, &request) == 0 && ethtool_cmd_speed(&settings) <= uint32_t(INT32_MAX);
  if (known) facts.megabits = ethtool_cmd_speed(&settings);
  return facts;
}

std::string open_packet_socket(std::string_view interface, RingSocket& socket, size_t ring_bytes) {
  if (std::string why = open_closed(interface, socket, ring_bytes); !why.empty()) return why;
  return bind_to(interface, socket);
}

void queue_long_frames(const RingSocket& socket, bool wanted) {
  int fd = socket.fd.get(), on = wanted;
  ::setsockopt(fd, SOL_PACKET, PACKET_COPY_THRESH, &on, sizeof on);
  while (!wanted && ::recv(fd, nullptr, 0, MSG_DONTWAIT | MSG_TRUNC) >= 0) {}
}

// Kernels before 5.18 have no group that leaves out what we send.
void found_group(RingSocket& socket) {
  uint32_t request = (kGroupType | kIgnoreOutgoing | kUnique) << 16, said = 0;
  socklen_t length = sizeof said;
  int fd = socket.fd.get();
  if (::setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &request, sizeof request) != 0) return;
  if (!set_program(fd, SOL_PACKET, PACKET_FANOUT_DATA, 0)) return;
  if (::getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &said, &length) == 0) socket.group = int(said & 0xffff);
}

std::string open_successor(std::string_view interface, const RingSocket& first, RingSocket& second, size_t ring_bytes) {
  if (first.group < 0)
    return "interface '" + std::string(interface) + "': this kernel lets no socket succeed another (Linux 5.18)";
  if (std::string why = open_closed(interface, second, ring_bytes); !why.empty()) return why;
  int fd = second.fd.get(), none = 0;
  uint32_t request = (kGroupType | kIgnoreOutgoing) << 16 | uint32_t(first.group);
  // Until it is a member, it would get every frame too.
  if (!set_program(fd, SOL_SOCKET, SO_ATTACH_FILTER, 0)) return reason(interface, "cannot attach a filter");
  if (std::string why = bind_to(interface, second); !why.empty()) return why;
  if (::setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &request, sizeof request) != 0)
    return reason(interface, "cannot join the group");
  if (::setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof none) != 0)
    return reason(interface, "cannot detach a filter");
  second.group = first.group;
  return {};
}

bool direct_frames(const RingSocket& member, Member to) {
  return set_program(member.fd.get(), SOL_PACKET, PACKET_FANOUT_DATA, uint32_t(to));
}

std::string map_ring(int fd, uint32_t frame_size, uint32_t frame_count, uint8_t*& ring) {
  void* address =
      ::mmap(nullptr, size_t(frame_size) * frame_count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (address == MAP_FAILED) return std::string("cannot map the receive ring: ") + std::strerror(errno);
  ring = static_cast<uint8_t*>(address);
  return {};
}

namespace {
bool waits(const uint8_t* ring, uint32_t frame_size, uint32_t frame) {
  auto* header = reinterpret_cast<const tpacket2_hdr*>(ring + size_t(frame) * frame_size);
  return __atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER;
}
}  // namespace

uint32_t waiting_frames(const uint8_t* ring, uint32_t frame_size, uint32_t frame_count, uint32_t first_frame,
                        uint32_t limit) {
  limit = std::min(limit, frame_count);
  for (uint32_t count = 0; count < limit; ++count)
    if (!waits(ring, frame_size, (first_frame + count) % frame_count)) return count;
  return limit;
}

uint32_t oldest_frame(const uint8_t* ring, uint32_t frame_size, uint32_t frame_count, uint32_t frame) {
  uint32_t oldest = frame % frame_count;
  for (uint32_t count = 0; count < frame_count; ++count) {
    uint32_t before = (oldest + frame_count - 1) % frame_count;
    if (!waits(ring, frame_size, before)) return oldest;
    oldest = before;
  }
  return frame % frame_count;
}

SocketDrops read_drops(int fd) {
  tpacket_stats statistics{};
  socklen_t length = sizeof statistics;
  if (::getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) != 0) return {};
  return {statistics.tp_packets, statistics.tp_drops};
}

}  // namespace clickup
