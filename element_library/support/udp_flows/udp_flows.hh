// A set of UDP flows whose packets are prepared in memory.
#pragma once

#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "support/ether_address/ether_address.hh"
#include "support/ip_packet/ip_packet.hh"
#include "support/prefetch/prefetch.hh"

namespace clickup {

// The common part of the packets of all flows.
struct UdpFlowHeaders {
  EtherAddress source_ether{}, destination_ether{};
  uint32_t source = 0, destination = 0;  // network byte order
  uint32_t length = 64;                  // bytes of a frame
  bool checksum = true;
};

// Pseudo-random numbers, the same in every run (Sebastiano Vigna, "An experimental exploration of Marsaglia's
// xorshift generators, scrambled", 2016: xorshift64*).
class RandomNumbers {
 public:
  uint32_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return uint32_t(state_ * 0x2545f4914f6cdd1du >> 32);
  }
  uint32_t below(uint32_t limit) { return uint32_t(uint64_t(next()) * limit >> 32); }

 private:
  uint64_t state_ = 0x9e3779b97f4a7c15u;
};

class UdpFlows {
 public:
  static constexpr uint32_t kIpHeader = 14, kTransportHeader = 34, kLeastLength = 60;

  // Creates one frame per flow, with random ports.
  void make(uint32_t count, const UdpFlowHeaders& headers) {
    headers_ = headers;
    lines_ = (headers.length + sizeof(Line) - 1) / sizeof(Line);
    memory_.assign(size_t(count) * lines_, Line{});
    sent_.assign(count, 0);
    for (uint32_t flow = 0; flow < count; ++flow) write(flow);
  }

  uint32_t pick() { return random_.below(uint32_t(sent_.size())); }
  void prefetch(uint32_t flow) const {
    prefetch_line(&memory_[flow * lines_]);
    prefetch_line(&sent_[flow]);
  }
  // The flow's frame; after `size` of them, the flow changes its ports.
  const uint8_t* next(uint32_t flow, uint32_t size) {
    if (sent_[flow] == size) {
      write(flow);
      sent_[flow] = 0;
    }
    ++sent_[flow];
    return frame(flow);
  }

 private:
  struct alignas(64) Line {
    uint8_t bytes[64];
  };

  uint8_t* frame(uint32_t flow) { return memory_[flow * lines_].bytes; }

  void write(uint32_t flow) {
    uint32_t length = headers_.length, datagram = length - kTransportHeader;
    uint8_t* at = frame(flow);
    std::memcpy(at, headers_.destination_ether.data(), 6);
    std::memcpy(at + 6, headers_.source_ether.data(), 6);
    at[12] = 0x08;
    uint8_t* ip = at + kIpHeader;
    const uint8_t fixed[12] = {0x45, 0,   uint8_t((length - kIpHeader) >> 8), uint8_t(length - kIpHeader), 0, 0, 0, 0,
                               250,  kUdp};
    std::memcpy(ip, fixed, sizeof fixed);
    std::memcpy(ip + 12, &headers_.source, 4);
    std::memcpy(ip + 16, &headers_.destination, 4);
    set_ip4_checksum(ip);
    uint32_t ports = random_.next();
    std::memcpy(ip + 20, &ports, 4);
    ip[24] = uint8_t(datagram >> 8);
    ip[25] = uint8_t(datagram);
    IpPacket packet;
    packet.ip = ip;
    packet.transport = kTransportHeader - kIpHeader;
    packet.protocol = kUdp;
    if (headers_.checksum) set_transport_checksum(packet, 6, datagram);
  }

  UdpFlowHeaders headers_;
  size_t lines_ = 1;  // that a frame takes
  std::vector<Line> memory_;
  std::vector<uint32_t> sent_;  // packets of each flow since it got its ports
  RandomNumbers random_;
};

}  // namespace clickup
