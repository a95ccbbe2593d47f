#include "support/ip_expression/ip_primitive.hh"

namespace clickup {
namespace {

using Value = IpProperty::Value;

constexpr IpProperty kProperties[] = {
    {"host", Value::address, IpField::source, 0, ""},
    {"net", Value::prefix, IpField::source, 0, ""},
    {"port", Value::number, IpField::source_port, 0xffff, ""},
    {"portrange", Value::number, IpField::source_port, 0xffff, ""},
    {"proto", Value::number, IpField::protocol, 0xff, ""},
    {"vers", Value::number, IpField::version, 15, ""},
    {"hl", Value::number, IpField::header_length, 15, ""},
    {"id", Value::number, IpField::id, 0xffff, ""},
    {"len", Value::number, IpField::count, 0xffff, ""},
    {"tos", Value::number, IpField::tos, 0xff, ""},
    {"dscp", Value::number, IpField::tos, 63, ""},
    {"ttl", Value::number, IpField::ttl, 0xff, ""},
    {"ect", Value::nothing, IpField::tos, 0, ""},
    {"ce", Value::nothing, IpField::tos, 0, ""},
    {"frag", Value::nothing, IpField::fragment, 0, ""},
    {"unfrag", Value::nothing, IpField::fragment, 0, ""},
    {"opt", Value::flag, IpField::tcp_flags, 0xff, "tcp"},
    {"win", Value::number, IpField::tcp_window, 0xffff, "tcp"},
    {"type", Value::number, IpField::icmp_type, 0xff, "icmp"},
    {"code", Value::number, IpField::icmp_code, 0xff, "icmp"},
};

// No word names these: they are what is in brackets.
constexpr IpProperty kBytes[] = {
    {"[]", Value::number, IpField::count, 0xff, ""},
    {"[]", Value::number, IpField::count, 0xffff, ""},
    {"[]", Value::number, IpField::count, 0xffffff, ""},
    {"[]", Value::number, IpField::count, 0xffffffff, ""},
};

IpTreePointer prefix_test(bool source, const PrefixOperand& prefix) {
  if (prefix.six) return test(PrefixTest{source, prefix.address6, prefix.mask6});
  IpField field = source ? IpField::source : IpField::destination;
  return test(RangeTest{field, prefix.mask, prefix.address, prefix.address, false});
}

// `unequal` tests combine the other way round: neither side may be equal.
IpTreePointer in_direction(IpDirection direction, bool unequal, IpTreePointer source, IpTreePointer destination) {
  if (direction == IpDirection::source) return source;
  if (direction == IpDirection::destination) return destination;
  bool both = direction == IpDirection::both;
  std::vector<IpTreePointer> parts{std::move(source), std::move(destination)};
  return both != unequal ? all_of(std::move(parts)) : any_of(std::move(parts));
}

RangeTest range_test(IpField field, const IpComparison& comparison) {
  uint32_t low = comparison.range.low, high = comparison.range.high;
  RangeTest test{field, comparison.mask, low, high, comparison.operation == IpOperator::unequal};
  switch (comparison.operation) {
    case IpOperator::less: test.low = 0, test.high = low - 1; break;
    case IpOperator::at_most: test.low = 0, test.high = low; break;
    case IpOperator::greater: test.low = low + 1, test.high = ~0u; break;
    case IpOperator::at_least: test.low = low, test.high = ~0u; break;
    default: break;
  }
  return test;
}

IpTreePointer comparison_tree(IpField field, const IpComparison& comparison) {
  bool impossible = comparison.operation == IpOperator::less && comparison.range.low == 0;
  return impossible ? constant(false) : test(range_test(field, comparison));
}

IpTreePointer bytes_tree(const IpBytes& bytes, const IpComparison& comparison) {
  bool impossible = comparison.operation == IpOperator::less && comparison.range.low == 0;
  bool beyond = comparison.operation == IpOperator::greater && comparison.range.low == ~0u;
  if (impossible || beyond) return constant(false);
  RangeTest range = range_test(IpField::count, comparison);
  uint64_t mask = range.mask == ~0u ? ~uint64_t(0) : range.mask;
  return test(BytesTest{bytes.base, bytes.offset, bytes.length, mask, range.low, range.high, range.inverted});
}

// The code point is the upper six bits of the field.
IpComparison shifted_left(IpComparison comparison) {
  comparison.mask = comparison.mask << 2 & 0xfc;
  comparison.range.low <<= 2;
  comparison.range.high <<= 2;
  return comparison;
}

}  // namespace

const IpProperty* ip_property(std::string_view word) {
  for (const IpProperty& property : kProperties) {
    if (property.word == word) return &property;
  }
  return nullptr;
}

std::vector<std::string_view> ip_property_words() {
  std::vector<std::string_view> words;
  for (const IpProperty& property : kProperties) words.push_back(property.word);
  return words;
}

IpTreePointer protocol_tree(std::string_view protocol) {
  if (protocol == "ip") return test(IpField::version, 4);
  if (protocol == "ip6") return test(IpField::version, 6);
  return test(IpField::protocol, *number_of(protocol_names(), protocol));
}

IpTreePointer address_tree(const IpQualifiers& qualifiers, const PrefixOperand& prefix, bool unequal) {
  IpTreePointer tree = in_direction(qualifiers.direction, false, prefix_test(true, prefix), prefix_test(false, prefix));
  if (unequal) tree = negation(tree);
  bool any_version = qualifiers.protocol.empty() || qualifiers.protocol == "ip";
  return any_version ? tree : all_of({protocol_tree(qualifiers.protocol), tree});
}

IpTreePointer ether_tree(IpDirection direction, const EtherAddress& address, bool unequal) {
  uint64_t number = 0;
  for (uint8_t byte : address) number = number << 8 | byte;
  BytesTest source{BytesTest::Base::ether, 6, 6, ~uint64_t(0), number, number, false}, destination = source;
  destination.offset = 0;
  IpTreePointer tree = in_direction(direction, false, test(source), test(destination));
  return unequal ? negation(tree) : tree;
}

const IpProperty* bytes_property(uint32_t length) { return &kBytes[length - 1]; }

IpTreePointer number_tree(const IpQualifiers& qualifiers, const IpComparison& comparison) {
  if (qualifiers.property->word == "len") return bytes_tree({BytesTest::Base::ip, 2, 2}, comparison);
  if (qualifiers.bytes) {
    IpTreePointer tree = bytes_tree(*qualifiers.bytes, comparison);
    return qualifiers.protocol == "ip" ? tree : all_of({protocol_tree(qualifiers.protocol), tree});
  }
  IpField field = qualifiers.property->field;
  bool unequal = comparison.operation == IpOperator::unequal;
  IpTreePointer tree;
  if (field == IpField::source_port) {
    tree = in_direction(qualifiers.direction, unequal, comparison_tree(field, comparison),
                        comparison_tree(IpField::destination_port, comparison));
  } else {
    bool code_point = qualifiers.property->word == "dscp";
    tree = comparison_tree(field, code_point ? shifted_left(comparison) : comparison);
  }
  std::string_view protocol = qualifiers.protocol.empty() ? qualifiers.property->of : qualifiers.protocol;
  bool any_version = protocol.empty() || protocol == "ip";
  return any_version ? tree : all_of({protocol_tree(protocol), tree});
}

std::span<const NamedNumber> value_names(const IpQualifiers& qualifiers) {
  switch (qualifiers.property->field) {
    case IpField::source_port: return port_names();
    case IpField::protocol: return protocol_names();
    case IpField::tcp_flags: return tcp_flag_names();
    case IpField::icmp_type: return qualifiers.protocol == "icmp6" ? icmp6_type_names() : icmp_type_names();
    default: return {};
  }
}

}  // namespace clickup
