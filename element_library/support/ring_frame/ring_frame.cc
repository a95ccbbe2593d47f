#include "support/ring_frame/ring_frame.hh"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "support/checksum/checksum.hh"
#include "support/ip_fields/ip_fields.hh"

namespace clickup {
namespace {

constexpr uint16_t kIp4 = 0x0800, kIp6 = 0x86dd, kVlan = 0x8100, kServiceVlan = 0x88a8;

struct Transport {
  uint32_t offset = 0, end = 0;  // within the frame; 0: none that could be completed
  uint8_t protocol = 0;
};

Transport find_transport4(const uint8_t* frame, uint32_t at, uint32_t length) {
  const uint8_t* ip = frame + at;
  if (at + 20 > length || (load16(ip + 6) & 0x3fff) != 0) return {};
  return {at + (ip[0] & 15u) * 4, std::min(length, at + load16(ip + 2)), ip[9]};
}

Transport find_transport6(const uint8_t* frame, uint32_t at, uint32_t length) {
  if (at + 40 > length) return {};
  uint32_t end = std::min(length, at + 40 + load16(frame + at + 4));
  Ip6Transport found = find_ip6_transport(frame + at, end - at);
  if (!found.complete || found.fragment) return {};
  return {at + found.offset, end, found.protocol};
}

Transport find_transport(const uint8_t* frame, uint32_t length) {
  uint32_t at = 12;
  while (at + 6 <= length && (load16(frame + at) == kVlan || load16(frame + at) == kServiceVlan)) at += 4;
  if (at + 2 > length) return {};
  if (load16(frame + at) == kIp4) return find_transport4(frame, at + 2, length);
  if (load16(frame + at) == kIp6) return find_transport6(frame, at + 2, length);
  return {};
}

}  // namespace

void complete_checksum(uint8_t* frame, uint32_t length) {
  Transport transport = find_transport(frame, length);
  uint32_t field = transport.protocol == kTcp ? 16 : 6;
  bool known = transport.protocol == kTcp || transport.protocol == kUdp;
  if (!known || transport.offset + field + 2 > transport.end) return;
  uint8_t* start = frame + transport.offset;
  uint16_t sum = uint16_t(~internet_sum(start, transport.end - transport.offset));
  if (sum == 0 && transport.protocol == kUdp) sum = 0xffff;  // 0 would say that there is none (RFC 768)
  std::memcpy(start + field, &sum, sizeof sum);
}

void RingFrame::copy_to(Packet& packet) const {
  const uint8_t* bytes = frame_ + header().tp_mac;
  uint32_t length = header().tp_snaplen, flags = header().tp_status;
  uint8_t* to = packet.data();
  packet.length = length;
  if ((flags & TP_STATUS_VLAN_VALID) != 0 && length >= 12) {
    bool named = (flags & TP_STATUS_VLAN_TPID_VALID) != 0;
    uint16_t tag[2] = {htons(named ? header().tp_vlan_tpid : kVlan), htons(header().tp_vlan_tci)};
    std::memcpy(to, bytes, 12);
    std::memcpy(to + 12, tag, kTag);
    std::memcpy(to + 12 + kTag, bytes + 12, length - 12);
    packet.length += kTag;
  } else {
    std::memcpy(to, bytes, length);
  }
  if ((flags & TP_STATUS_CSUMNOTREADY) != 0) complete_checksum(to, packet.length);
  packet.mac_header = packet.begin;
  packet.timestamp_ns = header().tp_sec * 1'000'000'000ull + header().tp_nsec;
}

}  // namespace clickup
