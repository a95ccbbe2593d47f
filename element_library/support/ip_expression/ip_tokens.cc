#include "support/ip_expression/ip_tokens.hh"

#include <cctype>

namespace clickup {
namespace {

size_t sign_length(std::string_view text) {
  for (std::string_view sign : {"&&", "||", "==", "!=", "<=", ">="}) {
    if (text.substr(0, 2) == sign) return 2;
  }
  return std::string_view("()[]!&|=<>?").find(text[0]) == std::string_view::npos ? 0 : 1;
}

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

}  // namespace

std::vector<IpToken> ip_tokens(std::string_view text) {
  std::vector<IpToken> tokens;
  size_t at = 0;
  while (at < text.size()) {
    if (is_space(text[at])) {
      ++at;
      continue;
    }
    size_t length = sign_length(text.substr(at));
    if (length == 0) {
      while (at + length < text.size() && !is_space(text[at + length]) && sign_length(text.substr(at + length)) == 0) {
        ++length;
      }
    }
    tokens.push_back({std::string(text.substr(at, length)), at});
    at += length;
  }
  tokens.push_back({"", text.size()});
  return tokens;
}

}  // namespace clickup
