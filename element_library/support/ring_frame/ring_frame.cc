#include "support/ring_frame/ring_frame.hh"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/uio.h>

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

bool RingFrame::copy_from_ring(uint8_t* to, uint8_t* rest) const {
  uint32_t length = header().tp_len;
  if (header().tp_snaplen < length || !fits()) return false;
  uint32_t together = is_tagged() ? kAddresses : length;
  std::memcpy(to, bytes(), together);
  if (together < length) std::memcpy(rest, bytes() + together, length - together);
  return true;
}

// Messages come in the order of the ring. One that is not of this frame was left by a worker that knew of none.
bool RingFrame::take_from(int socket, uint8_t* to, uint8_t* rest) const {
  iovec parts[] = {{to, kAddresses}, {rest, kMaxPacket - kTag - kAddresses}};
  size_t shown = std::min<size_t>(header().tp_snaplen - kAddresses, parts[1].iov_len);
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  for (;;) {
    ssize_t length = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_TRUNC);
    if (length < 0) return false;
    if (length != ssize_t(header().tp_len) || std::memcmp(to, bytes(), kAddresses) != 0) continue;
    if (std::memcmp(rest, bytes() + kAddresses, shown) == 0) return fits();
  }
}

bool RingFrame::copy_to(Packet& packet, int socket) const {
  uint8_t* to = packet.data();
  uint8_t* rest = to + kAddresses + (is_tagged() ? kTag : 0);
  if (header().tp_snaplen < kAddresses) return false;
  if (!(queued() ? take_from(socket, to, rest) : copy_from_ring(to, rest))) return false;
  packet.length = header().tp_len;
  if (is_tagged()) {
    bool named = (header().tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
    uint16_t tag[2] = {htons(named ? header().tp_vlan_tpid : kVlan), htons(header().tp_vlan_tci)};
    std::memcpy(to + kAddresses, tag, kTag);
    packet.length += kTag;
  }
  if ((header().tp_status & TP_STATUS_CSUMNOTREADY) != 0) complete_checksum(to, packet.length);
  packet.mac_header = packet.begin;
  packet.timestamp_ns = header().tp_sec * 1'000'000'000ull + header().tp_nsec;
  return true;
}

}  // namespace clickup
