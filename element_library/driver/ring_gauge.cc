#include "driver/ring_gauge.hh"

#include <linux/if_packet.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace clickup {
namespace {

constexpr uint32_t kCrowdedPart = 16;

uint64_t read_counter(const uint64_t& counter) { return __atomic_load_n(&counter, __ATOMIC_RELAXED); }

}  // namespace

RingGauge::~RingGauge() {
  for (const Ring& ring : rings_)
    if (ring.mapped) ::munmap(const_cast<uint8_t*>(ring.frames), size_t(ring.frame_size) * ring.frame_count);
}

std::string RingGauge::add(int socket, uint32_t frame_size, uint32_t frame_count, const PortCursor& cursor) {
  void* frames = ::mmap(nullptr, size_t(frame_size) * frame_count, PROT_READ, MAP_SHARED, socket, 0);
  if (frames == MAP_FAILED) return std::string("cannot map a receive ring: ") + std::strerror(errno);
  add(static_cast<const uint8_t*>(frames), frame_size, frame_count, cursor);
  rings_.back().mapped = true;
  return {};
}

void RingGauge::add(const uint8_t* frames, uint32_t frame_size, uint32_t frame_count, const PortCursor& cursor) {
  rings_.push_back({frames, frame_size, frame_count, &cursor, read_counter(cursor.rx_packets), false});
}

bool RingGauge::waits(const Ring& ring, uint32_t frames_on) {
  uint32_t frame = (__atomic_load_n(&ring.cursor->rx_frame, __ATOMIC_RELAXED) + frames_on) % ring.frame_count;
  auto* header = reinterpret_cast<const tpacket2_hdr*>(ring.frames + size_t(frame) * ring.frame_size);
  return __atomic_load_n(&header->tp_status, __ATOMIC_RELAXED) & TP_STATUS_USER;
}

bool RingGauge::crowded() const {
  auto full = [](const Ring& ring) { return waits(ring, ring.frame_count / kCrowdedPart); };
  return std::any_of(rings_.begin(), rings_.end(), full);
}

void RingGauge::begin(uint64_t now_ns) {
  began_ns_ = now_ns;
  for (Ring& ring : rings_) ring.packets_at_begin = read_counter(ring.cursor->rx_packets);
}

uint64_t RingGauge::holds_ns(uint64_t now_ns) const {
  uint64_t elapsed = now_ns - began_ns_, least = kForEver;
  for (const Ring& ring : rings_) {
    uint64_t came = read_counter(ring.cursor->rx_packets) - ring.packets_at_begin;
    uint64_t room = ring.frame_count - ring.frame_count / kCrowdedPart;
    if (came > 0) least = std::min(least, uint64_t(double(elapsed) * double(room) / double(came)));
  }
  return least;
}

}  // namespace clickup
