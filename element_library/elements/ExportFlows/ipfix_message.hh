// An IPFIX message (RFC 7011 3) with reports of flows or the templates that describe them.
#pragma once

#include <array>
#include <cstring>
#include <span>

#include "elements/FlowTable/flow_kernel.hh"
#include "support/ip_address/ip_address.hh"

namespace clickup {

namespace ipfix {

inline constexpr uint16_t kVersion = 10, kTemplateSet = 2;
inline constexpr uint32_t kHeaderBytes = 16, kSetHeaderBytes = 4;

struct Field {
  uint16_t element;  // information element of IANA's registry (RFC 5102)
  uint16_t bytes;
};

// Other fields need other template numbers and another kTemplates: over UDP a collector may still know these (RFC 7011
// 8.4), and what a release has sent is remembered by kTemplates.
inline constexpr uint16_t kIp4 = 256, kIp6 = 257;
inline constexpr uint32_t kTemplates = 1;
inline constexpr size_t kFieldCount = 13;
using Fields = std::array<Field, kFieldCount>;

constexpr Fields fields(uint16_t source, uint16_t destination, uint16_t address_bytes) {
  return {{{source, address_bytes},
           {destination, address_bytes},
           {7, 2},    // sourceTransportPort
           {11, 2},   // destinationTransportPort
           {4, 1},    // protocolIdentifier
           {5, 1},    // ipClassOfService
           {6, 2},    // tcpControlBits (RFC 7125)
           {136, 1},  // flowEndReason
           {10, 4},   // ingressInterface
           {152, 8},  // flowStartMilliseconds
           {153, 8},  // flowEndMilliseconds
           {1, 8},    // octetDeltaCount
           {2, 8}}};  // packetDeltaCount
}
inline constexpr Fields kIp4Fields = fields(8, 12, 4), kIp6Fields = fields(27, 28, 16);

constexpr uint32_t record_bytes(const Fields& fields) {
  uint32_t bytes = 0;
  for (const Field& field : fields) bytes += field.bytes;
  return bytes;
}

}  // namespace ipfix

class IpfixMessage {
 public:
  static constexpr uint32_t kMost = 9000;

  // At most `bytes` long.
  void limit(uint32_t bytes) { most_ = bytes < kMost ? bytes : kMost; }

  bool empty() const { return end_ == ipfix::kHeaderBytes; }
  uint32_t records() const { return records_; }  // data records

  // `unix_offset`: ns from CLOCK_BOOTTIME to the time since 1970. False when there is no room: send this message first.
  bool add(const FlowRecord& flow, FlowEnd why, uint64_t unix_offset) {
    bool four = is_ip4(flow.source);
    uint16_t set = four ? ipfix::kIp4 : ipfix::kIp6;
    uint32_t bytes = ipfix::record_bytes(four ? ipfix::kIp4Fields : ipfix::kIp6Fields);
    if (end_ + bytes + (set == set_ ? 0 : ipfix::kSetHeaderBytes) > most_) return false;
    open_set(set);
    put_flow(flow, four, why, unix_offset);
    ++records_;
    return true;
  }

  void add_templates() {
    open_set(ipfix::kTemplateSet);
    add_template(ipfix::kIp4, ipfix::kIp4Fields);
    add_template(ipfix::kIp6, ipfix::kIp6Fields);
  }

  // The whole message; `sequence`: data records sent before it. Valid until clear().
  std::span<const uint8_t> finish(uint32_t unix_seconds, uint32_t sequence, uint32_t domain) {
    close_set();
    uint32_t end = end_;
    end_ = 0;
    put(2, ipfix::kVersion);
    put(2, end);
    put(4, unix_seconds);
    put(4, sequence);
    put(4, domain);
    end_ = end;
    return {bytes_, end_};
  }
  void clear() {
    end_ = ipfix::kHeaderBytes;
    set_ = 0;
    records_ = 0;
  }

 private:
  void open_set(uint16_t set) {
    if (set == set_) return;
    close_set();
    set_ = set;
    set_begin_ = end_;
    put(2, set);
    put(2, 0);
  }
  void close_set() {
    if (set_ == 0) return;
    uint32_t length = end_ - set_begin_;
    bytes_[set_begin_ + 2] = uint8_t(length >> 8);
    bytes_[set_begin_ + 3] = uint8_t(length);
  }

  void add_template(uint16_t number, const ipfix::Fields& fields) {
    put(2, number);
    put(2, fields.size());
    for (const ipfix::Field& field : fields) {
      put(2, field.element);
      put(2, field.bytes);
    }
  }
  void put_flow(const FlowRecord& flow, bool four, FlowEnd why, uint64_t unix_offset) {
    put_address(flow.source, four);
    put_address(flow.destination, four);
    put(2, flow.source_port);
    put(2, flow.destination_port);
    put(1, flow.protocol);
    put(1, flow.traffic_class);
    put(2, flow.tcp_flags);
    put(1, uint8_t(why));
    put(4, flow.mark);
    put(8, (flow.first + unix_offset) / 1'000'000);
    put(8, (flow.last + unix_offset) / 1'000'000);
    put(8, flow.bytes);
    put(8, flow.packets);
  }

  void put(uint32_t bytes, uint64_t value) {
    for (uint32_t i = 0; i < bytes; ++i) bytes_[end_ + i] = uint8_t(value >> (8 * (bytes - 1 - i)));
    end_ += bytes;
  }
  void put_address(const uint8_t* address, bool four) {
    std::memcpy(bytes_ + end_, address + (four ? 12 : 0), four ? 4 : 16);
    end_ += four ? 4 : 16;
  }

  uint32_t most_ = 1372;
  uint32_t end_ = ipfix::kHeaderBytes;
  uint32_t set_begin_ = 0;
  uint32_t records_ = 0;
  uint16_t set_ = 0;  // the open one; 0: none
  uint8_t bytes_[kMost];
};

}  // namespace clickup
