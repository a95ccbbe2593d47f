// Calls generated migrations on one record and prints the result.
#pragma once

#include <vector>

#include "kernels/command_loop.hh"

namespace clickup {

template <class Layout>
Layout read_record(Words& words) {
  std::string text;
  words >> text;
  Layout record;
  auto* bytes = reinterpret_cast<uint8_t*>(&record);
  for (size_t i = 0; i < sizeof record && 2 * i + 1 < text.size(); ++i) {
    bytes[i] = uint8_t(std::stoi(text.substr(2 * i, 2), nullptr, 16));
  }
  return record;
}

// The new record starts as garbage, none of which may remain.
template <class From, class To, void (*convert)(const From&, To&)>
std::string converted(Words& words) {
  From from = read_record<From>(words);
  To to;
  std::memset(static_cast<void*>(&to), 0xa5, sizeof to);
  convert(from, to);
  return in_hexadecimal(reinterpret_cast<const uint8_t*>(&to), sizeof to);
}

template <class Layout, bool (*assured)(const Layout&)>
std::string kept(Words& words) {
  return assured(read_record<Layout>(words)) ? "kept" : "not kept";
}

}  // namespace clickup
