// An expression after parsing: tests of fields combined by and, or, not.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "support/ip_fields/ip_fields.hh"

namespace clickup {

// True when the field is present and its masked value is within low..high, or, inverted, outside of it.
struct RangeTest {
  IpField field = IpField::version;
  uint32_t mask = ~0u;
  uint32_t low = 0, high = 0;
  bool inverted = false;
  bool operator==(const RangeTest&) const = default;
};

// True for IPv6 packets whose source or destination is within the prefix.
struct PrefixTest {
  bool source = true;
  std::array<uint8_t, 16> address{}, mask{};
  bool operator==(const PrefixTest&) const = default;
};

// Bytes of a header as one number in network order: present, masked, and within low..high or, inverted, outside of it.
struct BytesTest {
  enum class Base : uint8_t { ether, ip, transport };
  Base base = Base::ip;
  uint32_t offset = 0, length = 1;  // at most 8 bytes
  uint64_t mask = ~uint64_t(0), low = 0, high = 0;
  bool inverted = false;
  bool operator==(const BytesTest&) const = default;
};

struct IpTree;
using IpTreePointer = std::shared_ptr<const IpTree>;

struct IpTree {
  enum class Kind : uint8_t { always, never, range, prefix, bytes, conjunction, disjunction, negation, choice };
  Kind kind = Kind::always;
  RangeTest range;
  PrefixTest prefix;
  std::vector<IpTreePointer> parts;  // of a choice: the condition, what counts if it holds, what counts if not
  BytesTest bytes;
};

inline IpTreePointer constant(bool value) {
  return std::make_shared<IpTree>(IpTree{value ? IpTree::Kind::always : IpTree::Kind::never, {}, {}, {}, {}});
}
inline IpTreePointer test(RangeTest range) {
  return std::make_shared<IpTree>(IpTree{IpTree::Kind::range, range, {}, {}, {}});
}
inline IpTreePointer test(IpField field, uint32_t value) { return test(RangeTest{field, ~0u, value, value, false}); }
inline IpTreePointer test(PrefixTest prefix) {
  return std::make_shared<IpTree>(IpTree{IpTree::Kind::prefix, {}, prefix, {}, {}});
}
inline IpTreePointer test(const BytesTest& bytes) {
  return std::make_shared<IpTree>(IpTree{IpTree::Kind::bytes, {}, {}, {}, bytes});
}
inline IpTreePointer choice(IpTreePointer condition, IpTreePointer yes, IpTreePointer no) {
  std::vector<IpTreePointer> parts{std::move(condition), std::move(yes), std::move(no)};
  return std::make_shared<IpTree>(IpTree{IpTree::Kind::choice, {}, {}, std::move(parts), {}});
}
inline IpTreePointer all_of(std::vector<IpTreePointer> parts) {
  if (parts.size() == 1) return parts[0];
  return std::make_shared<IpTree>(IpTree{IpTree::Kind::conjunction, {}, {}, std::move(parts), {}});
}
inline IpTreePointer any_of(std::vector<IpTreePointer> parts) {
  if (parts.size() == 1) return parts[0];
  return std::make_shared<IpTree>(IpTree{IpTree::Kind::disjunction, {}, {}, std::move(parts), {}});
}
inline IpTreePointer negation(IpTreePointer part) {
  return std::make_shared<IpTree>(IpTree{IpTree::Kind::negation, {}, {}, {std::move(part)}, {}});
}

}  // namespace clickup
