// The words of an expression, with where each one stands.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace clickup {

// Words, and the signs ( ) [ ] ! & && || = == != < > <= >=. A word ends at white space or at a sign.
struct IpToken {
  std::string text;     // empty: end of the expression
  size_t position = 0;  // of its first character, from 0
};

// The address that a word stands for, or nothing: an Ethernet address, or an IP address or prefix.
using IpAddressNames = std::function<std::string(std::string_view word, bool ether)>;

// An error in an expression, and its position.
struct IpExpressionError {
  size_t position = 0;
  std::string message;
};

std::vector<IpToken> ip_tokens(std::string_view text);  // the last one is the end

}  // namespace clickup
