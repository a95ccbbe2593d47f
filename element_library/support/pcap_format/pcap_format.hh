// The classic pcap file format (draft-ietf-opsawg-pcap): a file header, then a header and bytes for each packet.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace clickup {

inline constexpr uint32_t kPcapMicroseconds = 0xa1b2c3d4, kPcapNanoseconds = 0xa1b23c4d;

struct PcapFileHeader {
  uint32_t magic;
  uint16_t major, minor;
  int32_t time_zone;
  uint32_t accuracy, snaplen, linktype;
};
static_assert(sizeof(PcapFileHeader) == 24);

struct PcapRecordHeader {
  uint32_t seconds, fraction;  // fraction in the file's unit
  uint32_t kept, length;       // bytes in the file and on the wire
};
static_assert(sizeof(PcapRecordHeader) == 16);

struct LinkType {
  std::string_view name;  // Click's ENCAP words
  uint32_t number;
};
inline constexpr LinkType kLinkTypes[] = {{"ETHER", 1}, {"IP", 101}, {"NULL", 0}, {"PPP", 9}, {"SLL", 113}};

// Reads the headers of a file of either byte order and time unit.
struct PcapReader {
  bool swapped = false;
  uint32_t unit_ns = 1000;
  uint32_t linktype = 0;

  // False when `header` does not start a pcap file.
  bool open(const PcapFileHeader& header) {
    for (uint32_t magic : {kPcapMicroseconds, kPcapNanoseconds}) {
      if (header.magic != magic && header.magic != __builtin_bswap32(magic)) continue;
      swapped = header.magic != magic;
      unit_ns = magic == kPcapNanoseconds ? 1 : 1000;
      linktype = number(header.linktype) & 0xffff;  // above are flags about the frame check sequence
      return true;
    }
    return false;
  }
  uint32_t number(uint32_t stored) const { return swapped ? __builtin_bswap32(stored) : stored; }
  uint64_t time_ns(const PcapRecordHeader& record) const {
    return number(record.seconds) * 1'000'000'000ull + uint64_t(number(record.fraction)) * unit_ns;
  }
};

}  // namespace clickup
