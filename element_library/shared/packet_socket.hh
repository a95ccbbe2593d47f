// Raw packet sockets with a receive ring, and the offload settings of the interfaces they are bound to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shared/file_descriptor.hh"

namespace clickup {

inline constexpr size_t kRingBytes = 32u << 20;  // for a driver without a supervisor

// An AF_PACKET SOCK_RAW socket: bound, non-blocking, promiscuous, outgoing frames ignored, TPACKET_V2 receive ring.
// Frame i of the ring is at ring + i * frame_size. Of one longer than the MTU at opening it has the beginning only
// (tp_snaplen < tp_len): all of it is the next message of the socket when it has TP_STATUS_COPY (queue_long_frames),
// else its rest is lost. A frame with TP_STATUS_CSUMNOTREADY has no transport checksum yet: whoever sends it on must
// compute it; one with TP_STATUS_VLAN_VALID had its VLAN tag taken out (tp_vlan_tci, tp_vlan_tpid).
struct RingSocket {
  FileDescriptor fd;
  int interface_index = 0;
  uint32_t frame_size = 0;
  uint32_t frame_count = 0;
  int group = -1;  // fanout group in which it is alone; -1: the kernel has no suitable one
};

// Opens the socket and brings the interface up. Tries smaller rings when memory is refused.
// Returns an empty string on success, else what failed, why and what to do.
std::string open_packet_socket(std::string_view interface, RingSocket& socket, size_t ring_bytes = kRingBytes);

// Whether frames longer than the ring's are queued whole. Those that wait are dropped when they are no longer: a socket
// with messages that nobody takes is always ready to be read.
void queue_long_frames(const RingSocket& socket, bool wanted);

// Lets another socket succeed it later, at the cost of a kernel program per frame. `group` stays -1 if impossible.
void found_group(RingSocket& socket);

// Opens a second one beside it, for another ring: it gets no frames until direct_frames selects it, and from then on
// the first one gets none. Each frame goes to exactly one of them (PACKET_FANOUT, packet(7)).
std::string open_successor(std::string_view interface, const RingSocket& first, RingSocket& second, size_t ring_bytes);
enum class Member : uint32_t { first, second };
// Returns once no frame is on its way to the other one any more. False when the kernel refuses, and nothing has
// changed.
bool direct_frames(const RingSocket& first, Member to);

// Maps the ring of a socket, also one received from another process. Same return value.
std::string map_ring(int fd, uint32_t frame_size, uint32_t frame_count, uint8_t*& ring);

// Frames in the ring that wait to be read, counted from `first_frame`, at most `limit`.
uint32_t waiting_frames(const uint8_t* ring, uint32_t frame_size, uint32_t frame_count, uint32_t first_frame,
                        uint32_t limit);

// The first of the waiting frames without a gap up to `frame`: where to resume reading after a worker that died between
// moving its cursor and returning the frames behind it. `frame` itself when it left none, or when all frames wait.
uint32_t oldest_frame(const uint8_t* ring, uint32_t frame_size, uint32_t frame_count, uint32_t frame);

struct SocketDrops {
  uint64_t packets = 0;  // seen by the socket, dropped ones included
  uint64_t dropped = 0;  // because the ring had no free frame
};
// Counts since the last call on this socket (the kernel resets them when read).
SocketDrops read_drops(int fd);

int interface_index(std::string_view interface);  // 0: no such interface

struct LinkFacts {
  uint64_t megabits = 0;  // speed, 0: unknown
  uint32_t mtu = 1500;
  uint32_t frame_bytes = 2048;  // that a frame takes in the ring
};
LinkFacts link_facts(std::string_view interface);

// Turns off everything that merges, splits or leaves unfinished the frames of an interface (GRO, GSO, TSO, LRO, UFO,
// checksum and VLAN offloads) and restores what it changed in restore() or the destructor. Settings that the interface
// refuses to change are left alone.
class Offloads {
 public:
  explicit Offloads(std::string_view interface);
  ~Offloads() { restore(); }
  Offloads(Offloads&&) noexcept;
  Offloads& operator=(Offloads&&) = delete;
  void restore();
  // Names of the settings that were on and are off now.
  std::vector<std::string> changed() const;
  // Turns settings on by these names: those that a dead process could not restore.
  static void turn_on(std::string_view interface, const std::vector<std::string>& names);

 private:
  struct Setting {
    const char* name;
    uint32_t get, set;
  };
  static const Setting kSettings[];
  std::string interface_;
  std::vector<const Setting*> changed_;
};

}  // namespace clickup
