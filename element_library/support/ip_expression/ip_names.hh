// Names of ports, protocols, TCP flags and ICMP types that expressions may use instead of numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clickup {

struct NamedNumber {
  std::string_view name;
  uint32_t number;
};

std::span<const NamedNumber> port_names();        // IANA service names, and Click's
std::span<const NamedNumber> protocol_names();    // IANA protocol numbers
std::span<const NamedNumber> tcp_flag_names();    // bits of the flags byte
std::span<const NamedNumber> icmp_type_names();   // RFC 792 and successors
std::span<const NamedNumber> icmp6_type_names();  // RFC 4443, 4861

std::optional<uint32_t> number_of(std::span<const NamedNumber> names, std::string_view name);

std::vector<std::string_view> words_of(std::span<const NamedNumber> names);

// Parts of messages: a word in quotes; "; did you mean 'x'?", or nothing when no candidate is near.
std::string quoted(std::string_view word);
std::string suggestion(std::string_view word, const std::vector<std::string_view>& candidates);

// The candidate that `word` most likely misspells, or empty when none is near.
std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace clickup
