// The key of the bucket that a packet takes its tokens from.
#pragma once

#include <charconv>
#include <string>
#include <string_view>

#include "elements/TokenBuckets/bucket_limit.hh"
#include "layouts/TokenBuckets.layout.hh"
#include "support/ip_address/ip_address.hh"
#include "support/ip_header/ip_header.hh"

namespace clickup {

using Bucket = BucketsLayout;

// Values of Bucket::kind. They are stored: a number keeps its meaning for ever.
enum class BucketKind : uint8_t {
  named = 1,   // `address` holds a name; none for all packets
  mark = 2,    // `port` holds it
  prefix = 3,  // of one end
  flow = 4,    // addresses, protocol and ports; fragments of one pair and protocol together
  rest = 5,    // packets without an IP header share one
};

// The fields of a packet that make its key: `all`, `interface NAME`, `mark`, `source[/N[/M]]`, `destination[/N[/M]]`
// with prefix lengths of IPv4 and IPv6 (32 and 64), or `flow`.
struct BucketKeying {
  BucketKind kind = BucketKind::named;
  bool destination = false;
  uint8_t length4 = 128, length6 = 64;  // of a prefix, in bits of 16 bytes
  uint8_t name[sizeof Bucket::address]{};

  // `data` begins with an IP header, or is empty. Sets the key fields of a fresh record.
  void key(const uint8_t* data, uint32_t length, uint8_t mark, Bucket& key) const {
    key.kind = uint8_t(kind);
    if (kind == BucketKind::named) std::memcpy(key.address, name, sizeof name);
    if (kind == BucketKind::mark) key.port = mark;
    if (kind != BucketKind::prefix && kind != BucketKind::flow) return;
    IpHeader ip;
    if (!read_ip(data, length, false, ip)) {
      key.kind = uint8_t(BucketKind::rest);
    } else if (kind == BucketKind::prefix) {
      prefix_key((destination ? ip.destination : ip.source).data(), key);
    } else {
      flow_key(ip, key);
    }
  }

 private:
  void prefix_key(const uint8_t* address, Bucket& key) const {
    bool four = is_ip4(address);
    key.detail = four ? uint8_t(length4 - kBefore4) : length6;
    std::memcpy(key.address, address, 16);
    mask_address(key.address, four ? length4 : length6);
  }
  // Only first fragments have ports: a key with them would give the others a bucket of their own.
  static void flow_key(const IpHeader& ip, Bucket& key) {
    std::memcpy(key.address, ip.source.words, 16);
    std::memcpy(key.peer, ip.destination.words, 16);
    key.detail = ip.is_fragment() ? ip.fragment_protocol : ip.protocol;
    bool ports = key.detail == protocol::tcp || key.detail == protocol::udp || key.detail == kSctp;
    if (!ports || ip.is_fragment() || ip.available < 4) return;
    key.port = read_u16(ip.payload);
    key.peer_port = read_u16(ip.payload + 2);
  }
  static constexpr uint8_t kSctp = 132;
  static constexpr uint8_t kBefore4 = 96;  // bits of the 16 bytes that come before an IPv4 address
};

namespace bucket_key_detail {

// Takes "/N" off the front of `text` into `length`, counted in bits of 16 bytes.
inline bool take_length(std::string_view& text, uint32_t most, uint8_t& length) {
  if (text.empty()) return true;
  uint32_t number = 0;
  auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  if (text[0] != '/' || error != std::errc() || number > most) return false;
  text.remove_prefix(size_t(end - text.data()));
  length = uint8_t(128 - most + number);
  return true;
}

inline bool take_prefix(std::string_view text, BucketKeying& keying) {
  keying.kind = BucketKind::prefix;
  return take_length(text, 32, keying.length4) && take_length(text, 128, keying.length6) && text.empty();
}

inline bool take_name(std::string_view text, BucketKeying& keying) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  if (text.empty() || text.size() >= sizeof keying.name) return false;
  text.copy(reinterpret_cast<char*>(keying.name), text.size());
  return true;
}

}  // namespace bucket_key_detail

// Returns an error, empty on success.
inline std::string parse_bucket_keying(std::string_view text, BucketKeying& keying) {
  keying = BucketKeying();
  if (text == "all") return "";
  if (text.starts_with("interface ") && bucket_key_detail::take_name(text.substr(10), keying)) return "";
  if (text == "mark" || text == "flow") {
    keying.kind = text == "mark" ? BucketKind::mark : BucketKind::flow;
    return "";
  }
  for (std::string_view end : {"source", "destination"}) {
    keying.destination = end == "destination";
    if (text.starts_with(end) && bucket_key_detail::take_prefix(text.substr(end.size()), keying)) return "";
  }
  return "KEY '" + std::string(text) + "' is no key: give all, interface NAME (of at most 15 characters), mark, flow," +
         " source or destination, the last two with prefix lengths of IPv4 and IPv6 when others than /32/64 are meant";
}

inline std::string bucket_key_text(const Bucket& key) {
  std::string ports = " " + std::to_string(key.port) + " " + std::to_string(key.peer_port);
  switch (BucketKind(key.kind)) {
    case BucketKind::named: {
      std::string name(reinterpret_cast<const char*>(key.address));
      return name.empty() ? "all" : "interface " + name;
    }
    case BucketKind::mark: return "mark " + std::to_string(key.port);
    case BucketKind::prefix: return ip_address_text(key.address) + "/" + std::to_string(key.detail);
    case BucketKind::flow:
      return "flow " + ip_address_text(key.address) + " " + ip_address_text(key.peer) + " " +
             std::to_string(key.detail) + ports;
    case BucketKind::rest: return "rest";
  }
  return "?";
}

}  // namespace clickup
