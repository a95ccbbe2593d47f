// Annotations as arguments: Click's names, or the number of a byte.
#pragma once

#include <string>
#include <string_view>

#include "driver/element.hh"

namespace clickup {

struct NamedAnnotation {
  std::string_view name;
  uint32_t place, size;  // bytes
};
inline constexpr NamedAnnotation kAnnotationNames[] = {
    {"DST_IP", 0, 4},         {"DST_IP6", 0, 16},       {"PAINT", 16, 1},         {"ICMP_PARAMPROB", 17, 1},
    {"FIX_IP_SRC", 19, 1},    {"VLAN", 20, 2},          {"VLAN_TCI", 20, 2},      {"AGGREGATE", 20, 4},
    {"FWD_RATE", 20, 4},      {"MISC_IP", 20, 4},       {"EXTRA_PACKETS", 24, 4}, {"REV_RATE", 24, 4},
    {"GRID_ROUTE_CB", 27, 1}, {"IPREASSEMBLER", 28, 4}, {"EXTRA_LENGTH", 28, 4},
};

inline constexpr uint32_t kPaintAnnotation = 16;

// The first byte of the annotation `size` bytes long. Returns an error, empty on success.
inline std::string read_annotation(std::string_view text, uint32_t size, uint32_t& place) {
  std::string written = "ANNO '" + std::string(text) + "'";
  for (const NamedAnnotation& known : kAnnotationNames) {
    if (known.name != text) continue;
    if (known.size != size)
      return written + " is " + std::to_string(known.size) + " bytes, not " + std::to_string(size);
    place = known.place;
    return "";
  }
  uint64_t number = 0;
  if (!parse_unsigned(text, number)) return written + " is no annotation: expected PAINT or the number of a byte";
  if (number + size > Packet::kAnnotations) {
    return written + " is left out: packets have the first " + std::to_string(Packet::kAnnotations) +
           " of Click's bytes";
  }
  place = uint32_t(number);
  return "";
}

// ANNO of `size` bytes, by position or keyword.
inline void read_annotation(Arguments& arguments, Errors& errors, uint32_t size, uint32_t& place) {
  std::string text;
  arguments.positional("ANNO", text, false);
  std::string problem = text.empty() ? "" : read_annotation(text, size, place);
  if (!problem.empty()) errors.add(problem);
}

}  // namespace clickup
