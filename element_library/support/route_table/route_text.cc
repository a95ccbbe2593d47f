#include "support/route_table/route_text.hh"

#include <arpa/inet.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

namespace clickup {
namespace {

std::string_view next_word(std::string_view& text) {
  constexpr std::string_view blanks = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  std::string_view word = text.substr(0, text.find_first_of(blanks));
  text.remove_prefix(word.size());
  return word;
}

bool read_number(std::string_view text, uint32_t& number) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

bool read_address(std::string_view text, bool six, uint8_t* address) {
  char terminated[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof terminated) return false;
  terminated[text.copy(terminated, text.size())] = '\0';
  return inet_pton(six ? AF_INET6 : AF_INET, terminated, address) == 1;
}

// One to four bytes, the others zero.
bool read_short_address(std::string_view text, uint8_t* address) {
  std::string whole(text);
  for (auto dots = std::count(whole.begin(), whole.end(), '.'); dots < 3; ++dots) whole += ".0";
  return read_address(whole, false, address);
}

bool read_length(std::string_view text, bool six, unsigned& length) {
  uint32_t number = 0;
  if (read_number(text, number)) {
    length = number;
    return number <= (six ? 128u : 32u);
  }
  uint8_t mask[16]{};
  if (!read_address(text, six, mask)) return false;
  unsigned size = six ? 16 : 4, ones = 0;
  for (unsigned i = 0; i < size; ++i) ones += unsigned(std::popcount(mask[i]));
  for (unsigned bit = 0; bit < ones; ++bit) {
    if ((mask[bit / 8] >> (7 - bit % 8) & 1) == 0) return false;
  }
  length = ones;
  return true;
}

void clear_beyond(Route& route) {
  for (unsigned i = 0; i < 16; ++i) {
    unsigned kept = route.length > i * 8 ? std::min(route.length - i * 8, 8u) : 0;
    route.address[i] &= uint8_t(0xff00 >> kept);
  }
}

bool read_prefix(std::string_view word, Route& route) {
  size_t slash = word.find('/');
  std::string_view host = word.substr(0, slash);
  route.six = host.find(':') != std::string_view::npos;
  route.length = route.six ? 128 : 32;
  bool whole = read_address(host, route.six, route.address.data());
  if (slash == std::string_view::npos) return whole;
  if (!whole && (route.six || !read_short_address(host, route.address.data()))) return false;
  if (!read_length(word.substr(slash + 1), route.six, route.length)) return false;
  clear_beyond(route);
  return true;
}

bool read_output(std::string_view word, const RouteOutputs& outputs, uint32_t& output) {
  auto name = std::find(outputs.names.begin(), outputs.names.end(), word);
  if (name != outputs.names.end()) {
    output = uint32_t(name - outputs.names.begin());
    return true;
  }
  return read_number(word, output) && output < outputs.count;
}

std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }

}  // namespace

std::string read_route(std::string_view text, const RouteOutputs& outputs, Route& route, RouteForm& form) {
  route = {};
  form = RouteForm::whole;
  std::string_view rest = text, prefix = next_word(rest), word = next_word(rest);
  if (!read_prefix(prefix, route)) {
    return in_quotes(prefix) + " is no prefix: expected an IPv4 or IPv6 address and a length, such as 10.0.0.0/8";
  }
  if (word.empty()) {
    form = RouteForm::prefix_only;
    return "";
  }
  bool via = word == "via";
  if (via) word = next_word(rest);
  std::string_view output = next_word(rest);
  if (!output.empty() && word != "-" && !read_address(word, route.six, route.hop.gateway.data())) {
    return in_quotes(word) + " is no gateway: expected an " + (route.six ? "IPv6" : "IPv4") + " address";
  }
  if (output.empty()) output = via ? "" : word;
  if (!read_output(output, outputs, route.hop.output)) {
    return in_quotes(output) + " is no output: expected " +
           (outputs.names.empty() ? "a number below " + std::to_string(outputs.count) : "a name or a number of one");
  }
  word = next_word(rest);
  return word.empty() ? "" : in_quotes(word) + " is left over: expected PREFIX [[via] GATEWAY] OUTPUT";
}

std::string address_text(const uint8_t* address, bool six) {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(six ? AF_INET6 : AF_INET, address, text, sizeof text);
}

std::string route_text(const Route& route, const RouteOutputs& outputs) {
  std::string gateway = route.hop.has_gateway() ? address_text(route.hop.gateway.data(), route.six) : "-";
  return address_text(route.address.data(), route.six) + "/" + std::to_string(route.length) + "\t" + gateway + "\t" +
         outputs.text(route.hop.output);
}

}  // namespace clickup
