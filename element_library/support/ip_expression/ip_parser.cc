#include "support/ip_expression/ip_parser.hh"

#include "support/ip_expression/ip_primitive.hh"
#include "support/ip_expression/ip_value_reader.hh"

namespace clickup {
namespace {

constexpr int kMaxDepth = 200;  // of parentheses and negations

bool is_direction(std::string_view word) { return word == "src" || word == "dst" || word == "dest"; }

bool is_protocol(std::string_view word) {
  return word == "tcp" || word == "udp" || word == "icmp" || word == "icmp6" || word == "ip" || word == "ip6" ||
         word == "ether";
}

class Parser {
 public:
  Parser(std::string_view text, IpExpressionError& error, const IpAddressNames& names)
      : tokens_(ip_tokens(text)), reader_(tokens_, at_, error, names) {}

  IpTreePointer whole() {
    IpTreePointer tree = expression();
    if (tree && !word().empty()) return reader_.fail("expected 'and', 'or' or the end, found '" + word() + "'");
    return tree;
  }

 private:
  IpTreePointer expression() {
    IpTreePointer condition = disjunction();
    if (!condition || !take("?")) return condition;
    if (depth_ == kMaxDepth) return reader_.fail("too many nested '?'");
    ++depth_;
    IpTreePointer yes = expression();
    if (yes && !take(":")) yes = reader_.fail(reader_.expected("':'"));
    IpTreePointer no = yes ? expression() : nullptr;
    --depth_;
    return no ? choice(condition, yes, no) : nullptr;
  }

  IpTreePointer disjunction() {
    std::vector<IpTreePointer> parts;
    do {
      parts.push_back(conjunction());
      if (!parts.back()) return nullptr;
    } while (take("or") || take("||"));
    return any_of(std::move(parts));
  }

  IpTreePointer conjunction() {
    std::vector<IpTreePointer> parts;
    do {
      parts.push_back(factor());
      if (!parts.back()) return nullptr;
    } while (take("and") || take("&&") || starts_factor());
    return all_of(std::move(parts));
  }

  IpTreePointer factor() {
    if (depth_ == kMaxDepth) return reader_.fail("too many nested parentheses and negations");
    if (take("not") || take("!")) {
      ++depth_;
      IpTreePointer inner = factor();
      --depth_;
      return inner ? negation(inner) : nullptr;
    }
    if (!take("(")) return primitive();
    ++depth_;
    IpTreePointer inner = expression();
    --depth_;
    if (inner && !take(")")) return reader_.fail(reader_.expected("')'"));
    return inner;
  }

  IpTreePointer primitive() {
    if (word() == "-" || word() == "any" || word() == "all" || word() == "true" || word() == "false") {
      return constant(tokens_[at_++].text != "false");
    }
    IpQualifiers qualifiers;
    size_t start = at_;
    if (!read_qualifiers(qualifiers)) return nullptr;
    bool lone_protocol = !qualifiers.protocol.empty() && qualifiers.protocol != "ether" &&
                         qualifiers.direction == IpDirection::none && !qualifiers.property &&
                         !icmp_type_follows(qualifiers);
    if (lone_protocol) return protocol_tree(qualifiers.protocol);
    if (!qualifiers.property && !reader_.infer_property(qualifiers, last_, at_ == start)) return nullptr;
    if (!reader_.check(qualifiers, start)) return nullptr;
    last_ = qualifiers;
    return reader_.value(qualifiers);
  }

  // Click lets `icmp echo` stand for `icmp type echo`.
  bool icmp_type_follows(IpQualifiers& qualifiers) {
    if (qualifiers.protocol != "icmp" && qualifiers.protocol != "icmp6") return false;
    auto names = qualifiers.protocol == "icmp" ? icmp_type_names() : icmp6_type_names();
    if (!number_of(names, word())) return false;
    qualifiers.property = ip_property("type");
    return true;
  }

  // False: an error was reported.
  bool read_qualifiers(IpQualifiers& qualifiers) {
    for (;;) {
      if (is_direction(word()) && qualifiers.direction == IpDirection::none) {
        qualifiers.direction = direction();
      } else if (is_protocol(word()) && qualifiers.protocol.empty()) {
        qualifiers.protocol = tokens_[at_++].text;
        if (word() == "[") return reader_.read_brackets(qualifiers);
      } else {
        qualifiers.property = ip_property(word());
        if (qualifiers.property) ++at_;
        return true;
      }
    }
  }

  // At src or dst: that one, or `src or dst`, `src and dst`.
  IpDirection direction() {
    bool source = tokens_[at_++].text == "src";
    const std::string& link = word();
    bool either = link == "or" || link == "||", both = link == "and" || link == "&&";
    bool pair = (either || both) && is_direction(tokens_[at_ + 1].text) && (tokens_[at_ + 1].text == "src") != source;
    if (!pair) return source ? IpDirection::source : IpDirection::destination;
    at_ += 2;
    return either ? IpDirection::either : IpDirection::both;
  }

  bool starts_factor() const {
    const std::string& next = word();
    return !next.empty() && next != ")" && next != "or" && next != "||" && next != "?" && next != ":" && next != "]";
  }

  bool take(std::string_view text) {
    if (word() != text) return false;
    ++at_;
    return true;
  }

  const std::string& word() const { return tokens_[at_].text; }

  std::vector<IpToken> tokens_;
  size_t at_ = 0;
  IpValueReader reader_;
  IpQualifiers last_;  // of the primitive before, for bare values
  int depth_ = 0;
};

}  // namespace

IpTreePointer parse_ip_expression(std::string_view text, IpExpressionError& error, const IpAddressNames& names) {
  return Parser(text, error, names).whole();
}

}  // namespace clickup
