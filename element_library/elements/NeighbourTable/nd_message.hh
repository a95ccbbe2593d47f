// Neighbour solicitations and advertisements of IPv6 over Ethernet (RFC 4861, RFC 2464), read from frames and written.
#pragma once

#include <cstring>

#include "support/checksum/checksum.hh"
#include "support/ip_address/ip_address.hh"

namespace clickup {

struct NdMessage {
  static constexpr uint8_t kSolicitation = 135, kAdvertisement = 136;
  static constexpr uint32_t kFrameBytes = 14 + 40 + 24 + 8;  // with the Ethernet address as its only option
  static constexpr uint8_t kRouter = 0x80, kSolicited = 0x40, kOverride = 0x20;

  uint8_t type = kSolicitation;
  uint8_t flags = 0;  // of an advertisement
  bool has_ether = false;
  uint8_t ether[6]{};  // the source's own in a solicitation, the target's in an advertisement
  IpAddress source{}, destination{}, target{};
};

namespace nd_message_detail {

inline constexpr uint8_t kNextHeader = 58, kHops = 255;
inline constexpr uint32_t kMessage = 14 + 40, kOptions = kMessage + 24;

inline uint16_t checksum_of(const uint8_t* ip, const uint8_t* icmp, uint32_t length) {
  const uint8_t pseudo[4] = {uint8_t(length >> 8), uint8_t(length), 0, kNextHeader};
  uint32_t sum = internet_sum(ip + 8, 32) + internet_sum(pseudo, 4) + internet_sum(icmp, length);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return uint16_t(sum);
}

// Options are of eight bytes and more; one without a length spoils the message.
inline bool read_options(const uint8_t* at, const uint8_t* end, NdMessage& message) {
  uint8_t wanted = message.type == NdMessage::kSolicitation ? 1 : 2;  // the address of the source, of the target
  while (at < end) {
    if (end - at < 8 || at[1] == 0 || end - at < at[1] * 8) return false;
    if (at[0] == wanted && at[1] == 1) {
      message.has_ether = true;
      std::memcpy(message.ether, at + 2, 6);
    }
    at += at[1] * 8;
  }
  return !message.has_ether || !(message.ether[0] & 1);
}

// RFC 4861 7.1.1 and 7.1.2.
inline bool is_valid(const NdMessage& message) {
  if (message.target.data()[0] == 0xff) return false;
  bool to_group = message.destination.data()[0] == 0xff;
  if (message.type == NdMessage::kAdvertisement) return !to_group || !(message.flags & NdMessage::kSolicited);
  return !is_unset(message.source) || (to_group && !message.has_ether);
}

}  // namespace nd_message_detail

// False when the frame is no neighbour solicitation or advertisement that counts.
inline bool read_nd(const uint8_t* frame, uint32_t length, NdMessage& message) {
  using namespace nd_message_detail;
  if (length < kOptions || frame[12] != 0x86 || frame[13] != 0xdd) return false;
  const uint8_t *ip = frame + 14, *icmp = frame + kMessage;
  uint32_t bytes = uint32_t(ip[4] << 8 | ip[5]);
  if (ip[0] >> 4 != 6 || ip[6] != kNextHeader || ip[7] != kHops || bytes < 24 || kMessage + bytes > length)
    return false;
  message.type = icmp[0];
  bool known = message.type == NdMessage::kSolicitation || message.type == NdMessage::kAdvertisement;
  if (!known || icmp[1] != 0 || checksum_of(ip, icmp, bytes) != 0xffff) return false;
  message.flags = icmp[4];
  std::memcpy(message.source.data(), ip + 8, 16);
  std::memcpy(message.destination.data(), ip + 24, 16);
  std::memcpy(message.target.data(), icmp + 8, 16);
  return read_options(icmp + 24, icmp + bytes, message) && is_valid(message) && !is_ip4(message.target.data());
}

// Writes a whole frame to `destination`, with the message's Ethernet address as source and option; returns its length.
inline uint32_t write_nd(const NdMessage& message, const uint8_t* destination, uint8_t* frame) {
  using namespace nd_message_detail;
  constexpr uint32_t kBytes = NdMessage::kFrameBytes - kMessage;
  std::memset(frame, 0, NdMessage::kFrameBytes);
  std::memcpy(frame, destination, 6);
  std::memcpy(frame + 6, message.ether, 6);
  const uint8_t head[10] = {0x86, 0xdd, 0x60, 0, 0, 0, 0, kBytes, kNextHeader, kHops};
  std::memcpy(frame + 12, head, sizeof head);
  std::memcpy(frame + 14 + 8, message.source.data(), 16);
  std::memcpy(frame + 14 + 24, message.destination.data(), 16);
  uint8_t* icmp = frame + kMessage;
  icmp[0] = message.type;
  icmp[4] = message.flags;
  std::memcpy(icmp + 8, message.target.data(), 16);
  icmp[24] = message.type == NdMessage::kSolicitation ? 1 : 2;
  icmp[25] = 1;
  std::memcpy(icmp + 26, message.ether, 6);
  uint16_t checksum = uint16_t(~checksum_of(frame + 14, icmp, kBytes));
  std::memcpy(icmp + 2, &checksum, 2);
  return NdMessage::kFrameBytes;
}

// The group in which the owner of an address listens for questions (RFC 4291 2.7.1), and the Ethernet group of a group.
inline IpAddress solicited_group(const IpAddress& address) {
  uint8_t group[16]{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
  std::memcpy(group + 13, address.data() + 13, 3);
  return ip6_address(group);
}
inline void ether_group6(const IpAddress& group, uint8_t* ether) {
  ether[0] = ether[1] = 0x33;
  std::memcpy(ether + 2, group.data() + 12, 4);
}

}  // namespace clickup
