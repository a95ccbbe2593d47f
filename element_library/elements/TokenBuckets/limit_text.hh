// Rates and bursts as people write them: 10Mbps, 2000pps; 64kB, 100, 50ms.
#pragma once

#include <cmath>
#include <string>
#include <string_view>

#include "driver/arguments.hh"
#include "elements/TokenBuckets/bucket_limit.hh"

namespace clickup {

namespace limit_text_detail {

// Splits a number from the unit behind it. False when there is no number.
inline bool split(std::string_view text, double& number, std::string_view& unit) {
  size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  unit = text.substr(end);
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  return end > 0 && parse_real(text.substr(0, end), number);
}

// Takes a factor of a thousand off the front of a unit.
inline double take_factor(std::string_view& unit) {
  constexpr std::string_view kFactors = "kMG";
  size_t which = unit.empty() ? std::string_view::npos : kFactors.find(unit.front());
  if (which == std::string_view::npos) return 1;
  unit.remove_prefix(1);
  return std::pow(1000.0, double(which + 1));
}

// Tokens of `number`, from 1 to `most`; 0 when it is outside.
inline uint64_t whole(double number, uint64_t most) {
  return number >= 0.5 && number <= double(most) ? uint64_t(std::llround(number)) : 0;
}

}  // namespace limit_text_detail

// Sets rate and unit. Returns an error, empty on success.
inline std::string parse_rate(std::string_view text, BucketLimit& limit) {
  double number = 0, bits = 0;
  std::string_view unit;
  bool good = limit_text_detail::split(text, number, unit);
  number *= limit_text_detail::take_factor(unit);
  bool packets = unit == "pps" || unit == "p/s";
  if (unit == "bps" || unit == "b/s" || unit == "bit/s") bits = 1;
  if (unit == "Bps" || unit == "B/s") bits = 8;
  uint64_t rate = limit_text_detail::whole(packets ? number : number * bits, kMostRate);
  if (!good || rate == 0) {
    return "RATE '" + std::string(text) +
           "' is no rate: give bits a second, such as 10Mbps, bytes, such as 500kBps, or" +
           " packets, such as 2000pps, of at most " + std::to_string(kMostRate / kBillion) + " G";
  }
  limit.rate = rate;
  limit.unit = packets ? TokenUnit::packets : TokenUnit::bits;
  return "";
}

// Sets the burst for the limit's rate. Returns an error, empty on success.
inline std::string parse_burst(std::string_view text, BucketLimit& limit) {
  double number = 0, seconds = 0;
  std::string_view unit;
  bool packets = limit.unit == TokenUnit::packets, good = limit_text_detail::split(text, number, unit);
  if (good && !unit.empty() && parse_duration(text, seconds)) {
    number = std::max(seconds * double(limit.rate), 1.0);
  } else {
    number *= limit_text_detail::take_factor(unit);
    if (!packets && unit == "B") number *= 8;
    bool known = packets ? unit.empty() || unit == "p" : unit == "B" || unit == "b" || unit == "bit";
    good = good && known;
  }
  uint64_t burst = limit_text_detail::whole(number, kMostTokens);
  if (!good || burst == 0) {
    return "BURST '" + std::string(text) + "' is no burst of a rate in " + (packets ? "packets" : "bits") + ": give " +
           (packets ? "a number of packets" : "a size, such as 64kB or 1Mbit,") + " or a time, such as 50ms; at most " +
           (packets ? std::to_string(kMostTokens) + " packets" : std::to_string(kMostTokens / 8 / kBillion) + " GB");
  }
  limit.burst = packets ? burst : std::max(burst, kPacketBits);
  return "";
}

}  // namespace clickup
