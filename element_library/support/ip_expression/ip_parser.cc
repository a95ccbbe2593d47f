#include "support/ip_expression/ip_parser.hh"

#include "support/ip_expression/ip_primitive.hh"
#include "support/ip_expression/ip_value_reader.hh"

namespace clickup {
namespace {

constexpr int kMaxDepth = 200;  // of parentheses and negations

bool is_direction(std::string_view word) { return word == "src" || word == "dst"; }

bool is_protocol(std::string_view word) {
  return word == "tcp" || word == "udp" || word == "icmp" || word == "icmp6" || word == "ip" || word == "ip6";
}

class Parser {
 public:
  Parser(std::string_view text, IpExpressionError& error) : tokens_(ip_tokens(text)), reader_(tokens_, at_, error) {}

  IpTreePointer whole() {
    IpTreePointer tree = disjunction();
    if (tree && !word().empty()) {
      return reader_.fail(word() == "?" ? "a ? b : c is not supported: write (a and b) or (not a and c)"
                                        : "expected 'and', 'or' or the end, found '" + word() + "'");
    }
    return tree;
  }

 private:
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
    IpTreePointer inner = disjunction();
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
    read_qualifiers(qualifiers);
    bool lone_protocol = !qualifiers.protocol.empty() && qualifiers.direction == IpDirection::none &&
                         !qualifiers.property && !icmp_type_follows(qualifiers);
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

  void read_qualifiers(IpQualifiers& qualifiers) {
    for (;;) {
      if (is_direction(word()) && qualifiers.direction == IpDirection::none) {
        qualifiers.direction = direction();
      } else if (is_protocol(word()) && qualifiers.protocol.empty()) {
        qualifiers.protocol = tokens_[at_++].text;
      } else {
        qualifiers.property = ip_property(word());
        if (qualifiers.property) ++at_;
        return;
      }
    }
  }

  // At src or dst: that one, or `src or dst`, `src and dst`.
  IpDirection direction() {
    bool source = tokens_[at_++].text == "src";
    std::string_view link = word();
    bool pair = (link == "or" || link == "and") && tokens_[at_ + 1].text == (source ? "dst" : "src");
    if (!pair) return source ? IpDirection::source : IpDirection::destination;
    at_ += 2;
    return link == "or" ? IpDirection::either : IpDirection::both;
  }

  bool starts_factor() const {
    const std::string& next = word();
    return !next.empty() && next != ")" && next != "or" && next != "||" && next != "?";
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

IpTreePointer parse_ip_expression(std::string_view text, IpExpressionError& error) {
  return Parser(text, error).whole();
}

}  // namespace clickup
