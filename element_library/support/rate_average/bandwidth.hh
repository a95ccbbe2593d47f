// Bandwidths as Click writes them.
#pragma once

#include <cmath>
#include <string_view>

#include "driver/arguments.hh"

namespace clickup {

// `10Mbps`, `5 kB/s`, `9600 baud`, or a bare number of bytes per second. False when `text` is none of these.
inline bool parse_bandwidth(std::string_view text, double& bytes_per_second) {
  struct Unit {
    std::string_view name;
    double bytes;
  };
  static constexpr Unit units[] = {{"baud", 0.125}, {"bps", 0.125}, {"b/s", 0.125}, {"Bps", 1}, {"B/s", 1}};
  static constexpr Unit prefixes[] = {{"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}};
  double factor = 1;
  auto take = [&](const Unit& unit) {
    if (!text.ends_with(unit.name)) return false;
    text.remove_suffix(unit.name.size());
    factor *= unit.bytes;
    return true;
  };
  bool named = false;
  for (const Unit& unit : units) named = named || take(unit);
  bool scaled = !named;
  for (const Unit& prefix : prefixes) scaled = scaled || take(prefix);
  while (text.ends_with(' ')) text.remove_suffix(1);
  double number = 0;
  if (!parse_real(text, number) || number < 0) return false;
  bytes_per_second = number * factor;
  return true;
}

}  // namespace clickup
