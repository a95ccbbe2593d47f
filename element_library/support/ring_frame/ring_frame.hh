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

  // True when the socket kept less than was on the wire, or more than a packet holds.
  bool truncated() const { return header().tp_snaplen < header().tp_len || header().tp_snaplen + kTag > kMaxPacket; }
  uint8_t packet_type() const { return address().sll_pkttype; }  // PACKET_HOST, PACKET_OTHERHOST, PACKET_OUTGOING, ...

  // Copies the frame into an empty packet: with the VLAN tag that the kernel took out, and with the transport checksum
  // that a sender on this machine left to its network card.
  void copy_to(Packet& packet) const;

 private:
  static constexpr uint32_t kTag = 4;  // bytes of a VLAN tag

  const tpacket2_hdr& header() const { return *reinterpret_cast<const tpacket2_hdr*>(frame_); }
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
