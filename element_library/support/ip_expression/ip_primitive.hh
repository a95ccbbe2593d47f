// One primitive of an expression: what it tests, and its translation to tests of fields.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "support/ether_address/ether_address.hh"
#include "support/ip_expression/ip_names.hh"
#include "support/ip_expression/ip_tree.hh"
#include "support/ip_operand/ip_operand.hh"

namespace clickup {

enum class IpDirection : uint8_t { none, either, source, destination, both };
enum class IpOperator : uint8_t { equal, unequal, less, greater, at_most, at_least };

// A word that says which property a value is compared with.
struct IpProperty {
  enum class Value : uint8_t { address, prefix, number, flag, nothing };
  std::string_view word;
  Value value;
  IpField field;        // of numbers, and of what `nothing` tests
  uint32_t maximum;     // of numbers
  std::string_view of;  // protocol word that must stand before it, empty for none
};
// `type` follows icmp or icmp6, `opt` and `win` follow tcp, port tcp or udp or nothing.
const IpProperty* ip_property(std::string_view word);
std::vector<std::string_view> ip_property_words();

// Bytes of a header that are compared as one number.
struct IpBytes {
  BytesTest::Base base;
  uint32_t offset, length;
};

// Words collected before a value; a bare value after `and` or `or` takes them from the primitive before it.
struct IpQualifiers {
  IpDirection direction = IpDirection::none;
  std::string_view protocol;  // tcp udp icmp icmp6 ip ip6 ether, or empty
  const IpProperty* property = nullptr;
  std::optional<IpBytes> bytes;
};

struct IpComparison {
  IpOperator operation = IpOperator::equal;
  uint32_t mask = ~0u;
  NumberRange range;
};

IpTreePointer protocol_tree(std::string_view protocol);
IpTreePointer address_tree(const IpQualifiers& qualifiers, const PrefixOperand& prefix, bool unequal);
IpTreePointer ether_tree(IpDirection direction, const EtherAddress& address, bool unequal);
// The property whose values `length` bytes hold, 1 to 4.
const IpProperty* bytes_property(uint32_t length);
IpTreePointer number_tree(const IpQualifiers& qualifiers, const IpComparison& comparison);
// Names that may stand for a number of this property.
std::span<const NamedNumber> value_names(const IpQualifiers& qualifiers);

}  // namespace clickup
