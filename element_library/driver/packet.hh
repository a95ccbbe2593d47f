// A packet, its buffer pool, and the batch in which packets move between elements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CLICKUP_ADDRESS_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define CLICKUP_ADDRESS_SANITIZER
#endif
#ifdef CLICKUP_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace clickup {

inline constexpr uint32_t kHeadroom = 128;    // room for elements that prepend headers
inline constexpr uint32_t kMaxPacket = 9216;  // jumbo frame
inline constexpr uint32_t kBatchSize = 64;

// Annotations follow Click's: header positions are offsets from `buffer`, kNoHeader when unknown. They fill one cache
// line, and packets that came in from outside begin with another.
struct alignas(64) Packet {
  static constexpr uint32_t kNoHeader = ~0u;

  uint32_t begin = kHeadroom;  // offset of the first byte of data
  uint32_t length = 0;
  uint32_t mac_header = kNoHeader;
  uint32_t network_header = kNoHeader;
  uint32_t transport_header = kNoHeader;
  // Destination annotation, network byte order: final destination or next hop. IPv4 or IPv6, as the packet.
  union {
    uint32_t destination_ip = 0;
    uint8_t destination_ip6[16];
  };
  uint8_t paint = 0;
  uint8_t annotations_17[3] = {};
  uint16_t vlan_tci = 0;  // VLAN tag annotation: priority and identifier (IEEE 802.1Q), 0 for none
  uint8_t annotations_22[10] = {};
  uint64_t timestamp_ns = 0;  // CLOCK_REALTIME at reception
  alignas(64) uint8_t buffer[kHeadroom + kMaxPacket];

  uint8_t* data() { return buffer + begin; }
  const uint8_t* data() const { return buffer + begin; }
  // The annotation byte that Click counts as number `place`, below kAnnotations: the destination is at 0, the paint at
  // 16, the VLAN tag at 20. What no class gives a meaning is free for configurations.
  static constexpr uint32_t kAnnotations = 32, kAnnotationsAt = 20;
  uint8_t* annotation(uint32_t place) { return reinterpret_cast<uint8_t*>(this) + kAnnotationsAt + place; }
  const uint8_t* annotation(uint32_t place) const {
    return reinterpret_cast<const uint8_t*>(this) + kAnnotationsAt + place;
  }
  std::span<const uint8_t> bytes() const { return {data(), length}; }
  uint8_t* network() { return network_header == kNoHeader ? nullptr : buffer + network_header; }
  uint8_t* transport() { return transport_header == kNoHeader ? nullptr : buffer + transport_header; }
  uint32_t network_length() const { return begin + length - network_header; }

  void strip(uint32_t count) {  // caller checks count <= length
    begin += count;
    length -= count;
  }
  bool prepend(uint32_t count) {  // false when the headroom is used up
    if (count > begin) return false;
    begin -= count;
    length += count;
    return true;
  }
};
static_assert(offsetof(Packet, destination_ip6) == Packet::kAnnotationsAt);
static_assert(offsetof(Packet, paint) == Packet::kAnnotationsAt + 16);
static_assert(offsetof(Packet, vlan_tci) == Packet::kAnnotationsAt + 20);
static_assert(offsetof(Packet, annotations_22) + 10 == Packet::kAnnotationsAt + Packet::kAnnotations);

// Packets of one worker. Not thread-safe: a worker runs its graph in one thread.
class PacketPool {
 public:
  static constexpr uint32_t kMaxPackets = 1u << 17;

  ~PacketPool();
  // A packet with reset annotations and length 0; nullptr when kMaxPackets are in use.
  Packet* allocate() {
    if (free_count_ == 0 && !grow()) return nullptr;
    Packet* packet = free_[--free_count_];
    unpoison(packet, sizeof(Packet));
    return new (packet) Packet;  // not value-initialised: that would clear the buffer
  }
  Packet* copy(const Packet& packet);
  void release(Packet* packet) {
    free_[free_count_++] = packet;
    poison(packet, sizeof(Packet));
  }
  // Maps the first packets ahead of time. False when there is no memory.
  bool prepare();

 private:
  bool grow();
  uint32_t free_count_ = 0;
  uint32_t total_ = 0;
  struct Chunk* chunks_ = nullptr;
  Packet* free_[kMaxPackets]{};  // last in, first out: the packet used last is still cached

// Under AddressSanitizer a released packet must not be touched.
#ifdef CLICKUP_ADDRESS_SANITIZER
  static void poison(void* memory, size_t bytes) { __asan_poison_memory_region(memory, bytes); }
  static void unpoison(void* memory, size_t bytes) { __asan_unpoison_memory_region(memory, bytes); }
#else
  static void poison(void*, size_t) {}
  static void unpoison(void*, size_t) {}
#endif
};

// The worker's pool. Elements allocate and release through it.
inline constinit PacketPool worker_packet_pool;
inline PacketPool& packet_pool() { return worker_packet_pool; }

struct Batch {
  uint32_t count = 0;
  Packet* items[kBatchSize];

  bool full() const { return count == kBatchSize; }
  bool empty() const { return count == 0; }
  void add(Packet* packet) { items[count++] = packet; }  // caller checks full()
  Packet** begin() { return items; }
  Packet** end() { return items + count; }
  void release() {  // every packet back to the pool
    for (Packet* packet : *this) packet_pool().release(packet);
    count = 0;
  }
};

}  // namespace clickup
