// ARP for IPv4 over Ethernet (RFC 826), read from frames and written into them.
#pragma once

#include <cstring>

#include "support/ip_address/ip_address.hh"

namespace clickup {

struct ArpMessage {
  static constexpr uint32_t kFrameBytes = 42;
  static constexpr uint16_t kRequest = 1, kReply = 2;

  uint16_t operation = kRequest;
  uint8_t sender_ether[6]{}, target_ether[6]{};
  uint8_t sender[4]{}, target[4]{};
};

namespace arp_message_detail {
// Type of the frame; hardware and protocol types, and the lengths of their addresses.
inline constexpr uint8_t kHead[10] = {0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 0};
}  // namespace arp_message_detail

// False when the frame is no ARP message that its sender may send.
inline bool read_arp(const uint8_t* frame, uint32_t length, ArpMessage& message) {
  if (length < ArpMessage::kFrameBytes || std::memcmp(frame + 12, arp_message_detail::kHead, 8) != 0) return false;
  message.operation = uint16_t(frame[20] << 8 | frame[21]);
  std::memcpy(message.sender_ether, frame + 22, 6);
  std::memcpy(message.sender, frame + 28, 4);
  std::memcpy(message.target_ether, frame + 32, 6);
  std::memcpy(message.target, frame + 38, 4);
  static constexpr uint8_t kNobody[6]{};
  bool plausible = !(message.sender_ether[0] & 1) && std::memcmp(message.sender_ether, kNobody, 6) != 0;
  return plausible && message.sender[0] < 224;  // no group
}

// Writes a whole frame to `destination`; returns its length.
inline uint32_t write_arp(const ArpMessage& message, const uint8_t* destination, uint8_t* frame) {
  std::memcpy(frame, destination, 6);
  std::memcpy(frame + 6, message.sender_ether, 6);
  std::memcpy(frame + 12, arp_message_detail::kHead, sizeof arp_message_detail::kHead);
  frame[21] = uint8_t(message.operation);
  std::memcpy(frame + 22, message.sender_ether, 6);
  std::memcpy(frame + 28, message.sender, 4);
  std::memcpy(frame + 32, message.target_ether, 6);
  std::memcpy(frame + 38, message.target, 4);
  return ArpMessage::kFrameBytes;
}

}  // namespace clickup
