#include "support/ip_expression/ip_value_reader.hh"

#include <algorithm>

namespace clickup {
namespace {

using Value = IpProperty::Value;

struct OperatorSign {
  std::string_view sign;
  IpOperator operation;
};
constexpr OperatorSign kOperators[] = {
    {"==", IpOperator::equal},  {"=", IpOperator::equal},    {"!=", IpOperator::unequal},  {"<", IpOperator::less},
    {">", IpOperator::greater}, {"<=", IpOperator::at_most}, {">=", IpOperator::at_least},
};

const OperatorSign* operator_sign(std::string_view word) {
  for (const OperatorSign& entry : kOperators) {
    if (entry.sign == word) return &entry;
  }
  return nullptr;
}

}  // namespace

std::nullptr_t IpValueReader::fail(size_t token, std::string message) {
  if (error_.message.empty()) error_ = {tokens_[token].position, std::move(message)};
  return nullptr;
}

std::string IpValueReader::expected(std::string_view what) const {
  std::string text = "expected " + std::string(what);
  if (at_ > 0) text += " after " + quoted(tokens_[at_ - 1].text);
  return text + ", found " + (word().empty() ? "the end" : quoted(word()));
}

bool IpValueReader::at_number() const {
  return operator_sign(word()) || word() == "&" || parse_number_range(word()).has_value();
}

bool IpValueReader::read_brackets(IpQualifiers& qualifiers) {
  std::string protocol(qualifiers.protocol);
  bool ip = protocol == "ip";
  if (!ip && protocol != "tcp" && protocol != "udp" && protocol != "icmp") {
    fail("bytes are of ip, tcp, udp or icmp, not of " + quoted(protocol));
    return false;
  }
  ++at_;
  const std::string& place = word();
  size_t colon = std::min(place.find(':'), place.size());
  std::optional<uint32_t> offset = parse_number(place.substr(0, colon));
  std::optional<uint32_t> length = colon == place.size() ? 1 : parse_number(place.substr(colon + 1));
  if (!offset || !length || *offset > 0xffff || *length < 1 || *length > 4) {
    fail(expected("OFFSET or OFFSET:LENGTH, of 1 to 4 bytes"));
    return false;
  }
  ++at_;
  if (word() != "]") {
    fail(expected("']'"));
    return false;
  }
  ++at_;
  qualifiers.bytes = {ip ? BytesTest::Base::ip : BytesTest::Base::transport, *offset, *length};
  qualifiers.property = bytes_property(*length);
  return true;
}

bool IpValueReader::check(const IpQualifiers& qualifiers, size_t start) {
  const IpProperty& property = *qualifiers.property;
  bool address = property.value == Value::address || property.value == Value::prefix;
  bool port = property.field == IpField::source_port && !address;
  std::string_view protocol = qualifiers.protocol;
  if (protocol == "ether" && property.word != "host") {
    fail(start, "'ether' goes with an Ethernet address, not with " + quoted(property.word));
    return false;
  }
  if (qualifiers.direction != IpDirection::none && !address && !port) {
    fail(start, "'src' and 'dst' go with host, net and port, not with " + quoted(property.word));
    return false;
  }
  bool any = protocol.empty() || qualifiers.bytes || ((address || port) && (protocol == "ip" || protocol == "ip6"));
  bool goes = any || address || (property.of == protocol) || (property.of == "icmp" && protocol == "icmp6") ||
              (port && (protocol == "tcp" || protocol == "udp")) ||
              (property.of.empty() && !port && (protocol == "ip" || protocol == "ip6"));
  if (!goes) fail(start, quoted(property.word) + " does not go with " + quoted(protocol));
  return goes;
}

IpTreePointer IpValueReader::value(const IpQualifiers& qualifiers) {
  switch (qualifiers.property->value) {
    case Value::address:
    case Value::prefix: return qualifiers.protocol == "ether" ? ether(qualifiers) : address(qualifiers);
    case Value::number: return number(qualifiers);
    case Value::flag: return flag(qualifiers);
    case Value::nothing: return without_value(qualifiers);
  }
  return nullptr;
}

IpTreePointer IpValueReader::without_value(const IpQualifiers& qualifiers) {
  std::string_view word = qualifiers.property->word;
  IpTreePointer tree;
  if (word == "ect") tree = test(RangeTest{IpField::tos, 3, 1, 3, false});  // RFC 3168 section 5
  if (word == "ce") tree = test(RangeTest{IpField::tos, 3, 3, 3, false});
  if (word == "frag") tree = test(IpField::fragment, 1);
  if (word == "unfrag") tree = test(IpField::fragment, 0);
  return qualifiers.protocol == "ip6" ? all_of({protocol_tree("ip6"), tree}) : tree;
}

IpTreePointer IpValueReader::flag(const IpQualifiers&) {
  std::optional<uint32_t> bit = number_of(tcp_flag_names(), word());
  if (!bit) return fail(expected("a TCP flag") + suggestion(word(), words_of(tcp_flag_names())));
  ++at_;
  return test(RangeTest{IpField::tcp_flags, *bit, *bit, *bit, false});
}

// The address at this place, or the one that a name there stands for.
std::optional<PrefixOperand> IpValueReader::prefix(std::string& problem) const {
  std::optional<PrefixOperand> found = parse_prefix(word(), problem);
  std::string named = found || !names_ ? "" : names_(word(), false);
  if (named.empty()) return found;
  problem.clear();
  return parse_prefix(named, problem);
}

IpTreePointer IpValueReader::ether(const IpQualifiers& qualifiers) {
  IpOperator operation = read_operator();
  if (operation != IpOperator::equal && operation != IpOperator::unequal) {
    return fail(at_ - 1, "addresses compare with == and != only");
  }
  EtherAddress address;
  std::string named = names_ ? names_(word(), true) : "";
  if (!parse_ether_address(named.empty() ? word() : named, address)) {
    return fail(expected("an Ethernet address such as 02:00:00:00:00:01"));
  }
  ++at_;
  return ether_tree(qualifiers.direction, address, operation == IpOperator::unequal);
}

IpTreePointer IpValueReader::address(const IpQualifiers& qualifiers) {
  bool net = qualifiers.property->value == Value::prefix;
  IpOperator operation = read_operator();
  if (operation != IpOperator::equal && operation != IpOperator::unequal) {
    return fail(at_ - 1, "addresses compare with == and != only");
  }
  std::string problem;
  std::optional<PrefixOperand> prefix = this->prefix(problem);
  if (!prefix) {
    std::string what = net ? "a network such as 10.0.0.0/8 or 2001:db8::/32" : "an IPv4 or IPv6 address";
    return fail(problem.empty() ? expected(what) : problem);
  }
  ++at_;
  if (net && word() == "mask" && !read_net_mask(*prefix)) return nullptr;
  if (net && !prefix->has_length) {
    return fail(at_ - 1, "'net' needs a length: write " + tokens_[at_ - 1].text + "/24, or use 'host' for one address");
  }
  if (!net && prefix->has_length) return fail(at_ - 1, "'host' takes one address: write 'net' before a network");
  return address_tree(qualifiers, *prefix, operation == IpOperator::unequal);
}

bool IpValueReader::read_net_mask(PrefixOperand& prefix) {
  ++at_;
  std::optional<uint32_t> mask = prefix.six ? std::nullopt : parse_ip4(word());
  if (!mask) {
    fail(expected("an IPv4 mask such as 255.255.255.0"));
    return false;
  }
  ++at_;
  prefix.has_length = true;
  prefix.mask = *mask;
  prefix.address &= *mask;
  return true;
}

IpTreePointer IpValueReader::number(const IpQualifiers& qualifiers) {
  IpComparison comparison;
  bool masked = word() == "&";
  if (masked && !read_mask(comparison.mask)) return nullptr;
  if (masked && at_end_of_primitive()) {  // any of the bits
    comparison.operation = IpOperator::unequal;
    return number_tree(qualifiers, comparison);
  }
  comparison.operation = read_operator();
  if (!read_range(qualifiers, comparison.range)) return nullptr;
  bool ordered = comparison.operation != IpOperator::equal && comparison.operation != IpOperator::unequal;
  if (ordered && comparison.range.low != comparison.range.high) {
    return fail(at_ - 1, "a range compares with == and != only");
  }
  return number_tree(qualifiers, comparison);
}

bool IpValueReader::read_mask(uint32_t& mask) {
  ++at_;
  std::optional<uint32_t> bits = parse_number(word());
  if (!bits) {
    fail(expected("a mask such as 0xff"));
    return false;
  }
  ++at_;
  mask = *bits;
  return true;
}

bool IpValueReader::read_range(const IpQualifiers& qualifiers, NumberRange& range) {
  const IpProperty& property = *qualifiers.property;
  auto names = value_names(qualifiers);
  std::string limits = "0 to " + std::to_string(property.maximum);
  if (std::optional<uint32_t> named = number_of(names, word())) {
    range = {*named, *named};
  } else if (std::optional<NumberRange> numbers = parse_number_range(word())) {
    range = *numbers;
  } else {
    std::string what = "a number from " + limits + (names.empty() ? "" : " or a name");
    fail(expected(what) + suggestion(word(), words_of(names)));
    return false;
  }
  if (range.low > range.high || range.high > property.maximum) {
    std::string problem = range.low > range.high ? " starts above its end" : " is out of range, which is " + limits;
    fail(quoted(word()) + problem);
    return false;
  }
  ++at_;
  return true;
}

bool IpValueReader::at_end_of_primitive() const {
  return word().empty() || word() == ")" || word() == "and" || word() == "or" || word() == "&&" || word() == "||" ||
         word() == "?" || word() == ":";
}

IpOperator IpValueReader::read_operator() {
  const OperatorSign* sign = operator_sign(word());
  if (!sign) return IpOperator::equal;
  ++at_;
  return sign->operation;
}

}  // namespace clickup
