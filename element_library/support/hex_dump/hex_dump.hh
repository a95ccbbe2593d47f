// Packet contents in log lines.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace clickup {

enum class Contents : uint8_t { none, hex, ascii };

// "NONE", "HEX" or "ASCII", in any case, or a Boolean (true is HEX). False when `text` is none of them.
inline bool parse_contents(std::string_view text, Contents& contents) {
  std::string upper;
  for (char c : text) upper += char(c >= 'a' && c <= 'z' ? c - 32 : c);
  if (upper == "NONE" || upper == "NO" || upper == "FALSE") {
    contents = Contents::none;
  } else if (upper == "HEX" || upper == "YES" || upper == "TRUE") {
    contents = Contents::hex;
  } else if (upper == "ASCII") {
    contents = Contents::ascii;
  } else {
    return false;
  }
  return true;
}

// Appends `bytes` to `line`: a space before each group of four bytes (hex) or eight (ascii, where what cannot be
// printed is a dot).
inline void append_contents(std::string& line, std::span<const uint8_t> bytes, Contents contents) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (size_t i = 0; i < bytes.size() && contents != Contents::none; ++i) {
    bool hex = contents == Contents::hex;
    if (i % (hex ? 4 : 8) == 0) line += ' ';
    if (hex) {
      line += kDigits[bytes[i] >> 4];
      line += kDigits[bytes[i] & 15];
    } else {
      line += bytes[i] >= 32 && bytes[i] < 127 ? char(bytes[i]) : '.';
    }
  }
}

inline void append_timestamp(std::string& line, uint64_t ns) {
  std::string nanoseconds = std::to_string(ns % 1'000'000'000);
  line += std::to_string(ns / 1'000'000'000) + "." + std::string(9 - nanoseconds.size(), '0') + nanoseconds;
}

}  // namespace clickup
