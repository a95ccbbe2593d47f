// One frame of a TPACKET_V2 receive ring (Linux, packet_mmap).
#pragma once

#include <linux/if_packet.h>

#include <atomic>
#include <cstdint>

#include "driver/packet.hh"

namespace clickup {

class RingFrame {
 public:
  explicit RingFrame(uint8_t* frame) : frame_(frame) {}

  // True once the kernel has filled the frame; what it wrote can then be read.
  bool ready() const { return (status().load(std::memory_order_acquire) & TP_STATUS_USER) != 0; }
  // Gives the frame back to the kernel, after everything was read from it.
  void hand_back() { status().store(TP_STATUS_KERNEL, std::memory_order_release); }

  // True when it is longer than a frame of the ring, which has its beginning, and the next message of the socket is the
  // whole of it.
  bool queued() const { return (status().load(std::memory_order_relaxed) & TP_STATUS_COPY) != 0; }
  uint8_t packet_type() const { return address().sll_pkttype; }  // PACKET_HOST, PACKET_OTHERHOST, PACKET_OUTGOING, ...

  // Copies the frame into an empty packet: with the VLAN tag that the kernel took out, and with the transport checksum
  // that a sender on this machine left to its network card. Takes a queued one from `socket`. False when it is longer
  // than a packet, or its rest is lost.
  bool copy_to(Packet& packet, int socket) const;

 private:
  static constexpr uint32_t kAddresses = 12, kTag = 4;  // bytes of the Ethernet addresses, and of a VLAN tag after them

  bool fits() const { return header().tp_len + kTag <= kMaxPacket; }
  bool is_tagged() const { return (header().tp_status & TP_STATUS_VLAN_VALID) != 0 && header().tp_len >= kAddresses; }
  // Each with room for the tag at `rest` - kTag when there is one.
  bool copy_from_ring(uint8_t* to, uint8_t* rest) const;
  bool take_from(int socket, uint8_t* to, uint8_t* rest) const;

  const tpacket2_hdr& header() const { return *reinterpret_cast<const tpacket2_hdr*>(frame_); }
  const uint8_t* bytes() const { return frame_ + header().tp_mac; }
  const sockaddr_ll& address() const {
    return *reinterpret_cast<const sockaddr_ll*>(frame_ + TPACKET_ALIGN(sizeof(tpacket2_hdr)));
  }
  std::atomic_ref<uint32_t> status() const {
    return std::atomic_ref<uint32_t>(reinterpret_cast<tpacket2_hdr*>(frame_)->tp_status);
  }

  uint8_t* frame_;
};

// Computes the TCP or UDP checksum of an Ethernet frame in whose checksum field the sum of the pseudo header already
// is, as the kernel leaves it to a network card. Other frames, and fragments, stay as they are.
void complete_checksum(uint8_t* frame, uint32_t length);

}  // namespace clickup
