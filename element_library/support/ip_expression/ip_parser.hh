// Reads an expression into a tree.
#pragma once

#include <string_view>

#include "support/ip_expression/ip_tokens.hh"
#include "support/ip_expression/ip_tree.hh"

namespace clickup {

// nullptr when the expression is wrong, with details in `error`. Grammar, loosest first: `? :`, `or` (||), `and` (&&,
// or nothing between two terms), `not` (!), parentheses, primitives.
IpTreePointer parse_ip_expression(std::string_view text, IpExpressionError& error, const IpAddressNames& names = {});

}  // namespace clickup
