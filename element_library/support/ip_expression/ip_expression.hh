// Expressions on IP packets, compiled to one decision program for a list of rules.
//
// Primitives: [src|dst|src or dst|src and dst] host A, net A/LEN (IPv4 or IPv6, or `net A mask M`), [tcp|udp] port N,
// N-M or a name; ip proto, vers, hl, id, tos, dscp, ttl N; ip ect, ce, frag, unfrag; tcp opt FLAG, tcp win N; icmp type
// and code N, icmp6 type and code N; tcp, udp, icmp, icmp6, ip (version 4), ip6; any, all, true, - and false.
// A number takes an operator (== != < > <= >=) and a mask (& M). Ports, flags and ICMP fields are those of first
// fragments; `!=` on them is false where there are none, whereas `not` of a test is true there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/ip_expression/ip_fields.hh"
#include "support/ip_expression/ip_tree.hh"

namespace clickup {

class IpProgram {
 public:
  static constexpr int kDrop = 0x7fffffff;

  // Appends a rule: packets that match `expression` and no rule before it go to `output`, or are dropped (kDrop).
  // Returns an empty string, else what is wrong, with the position in the expression, counted from 1.
  std::string add(std::string_view expression, int output);
  // Makes the rules into the program. Packets without a matching rule are dropped.
  void compile();
  // Output for a packet, or kDrop.
  int classify(const Packet& packet) const;
  // The program, one step a line.
  std::string text() const;

 private:
  // Where to go on: a step, or ~output when the packet is decided.
  using Target = int32_t;
  struct Step {
    RangeTest range;
    int32_t prefix = -1;  // index into prefixes_, -1: test `range`
    Target yes = 0, no = 0;
  };
  struct Rule {
    IpTreePointer tree;
    int output;
  };

  Target emit(const IpTree& tree, Target yes, Target no);
  Target emit_parts(const IpTree& tree, Target yes, Target no);
  Target emit_step(Step step, Target yes, Target no);
  bool matches(const Step& step, const IpFields& fields) const;
  std::string text(const Step& step) const;

  std::vector<Rule> rules_;
  std::vector<Step> steps_;
  std::vector<PrefixTest> prefixes_;
  Target entry_ = ~kDrop;
};

inline bool matches(const PrefixTest& prefix, const IpFields& fields) {
  const uint8_t* address = prefix.source ? fields.source6 : fields.destination6;
  if (!address) return false;
  uint64_t difference = 0;
  for (size_t half = 0; half < 16; half += 8) {
    uint64_t value, wanted, mask;
    std::memcpy(&value, address + half, 8);
    std::memcpy(&wanted, prefix.address.data() + half, 8);
    std::memcpy(&mask, prefix.mask.data() + half, 8);
    difference |= (value & mask) ^ wanted;
  }
  return difference == 0;
}

inline bool matches(const RangeTest& range, const IpFields& fields) {
  if (!fields.has(range.field)) return false;
  return ((fields[range.field] & range.mask) - range.low <= range.high - range.low) != range.inverted;
}

inline bool IpProgram::matches(const Step& step, const IpFields& fields) const {
  if (step.prefix < 0) return clickup::matches(step.range, fields);
  return clickup::matches(prefixes_[size_t(step.prefix)], fields);
}

inline int IpProgram::classify(const Packet& packet) const {
  Target at = entry_;
  if (at < 0) return ~at;
  IpFields fields;
  read_ip_fields(packet, fields);
  while (at >= 0) {
    const Step& step = steps_[size_t(at)];
    at = matches(step, fields) ? step.yes : step.no;
  }
  return ~at;
}

}  // namespace clickup
