#include "driver/packet.hh"

#include <sys/mman.h>

#include <cstddef>
#include <cstring>

namespace clickup {

// Packets are mapped in chunks and never given back, so that a burst costs system calls only once.
struct Chunk {
  static constexpr uint32_t kPackets = 256;

  Chunk* next;
  alignas(64) std::byte packets[kPackets * sizeof(Packet)];

  Packet* packet(uint32_t index) { return reinterpret_cast<Packet*>(packets + index * sizeof(Packet)); }
};

PacketPool::~PacketPool() {
  while (chunks_) {
    Chunk* next = chunks_->next;
    unpoison(chunks_, sizeof(Chunk));
    munmap(chunks_, sizeof(Chunk));
    chunks_ = next;
  }
}

bool PacketPool::grow() {
  if (total_ + Chunk::kPackets > kMaxPackets) return false;
  // The first chunk is touched beforehand: its page faults would fall into the first takeover's pause.
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | (chunks_ ? 0 : MAP_POPULATE);
  void* memory = mmap(nullptr, sizeof(Chunk), PROT_READ | PROT_WRITE, flags, -1, 0);
  if (memory == MAP_FAILED) return false;
  auto* chunk = static_cast<Chunk*>(memory);
  chunk->next = chunks_;
  chunks_ = chunk;
  total_ += Chunk::kPackets;
  for (uint32_t i = Chunk::kPackets; i-- > 0;) free_[free_count_++] = chunk->packet(i);
  return true;
}

bool PacketPool::prepare() { return chunks_ || grow(); }

Packet* PacketPool::copy(const Packet& packet) {
  Packet* copy = allocate();
  if (!copy) return nullptr;
  std::memcpy(static_cast<void*>(copy), &packet, offsetof(Packet, buffer));
  // Headers in front of the data (after Strip) belong to the packet too.
  std::memcpy(copy->buffer, packet.buffer, packet.begin + packet.length);
  return copy;
}

}  // namespace clickup
