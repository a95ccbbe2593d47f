// Expressions on IP packets, compiled to one decision program for a list of rules.
//
// Primitives: [src|dst|src or dst|src and dst] host A, net A/LEN (IPv4 or IPv6, or `net A mask M`), [tcp|udp] port N,
// N-M or a name; [src|dst] ether A; ip proto, vers, hl, id, len, tos, dscp, ttl N; ip[OFFSET], ip[OFFSET:LENGTH] and
// the same of tcp, udp and icmp N (bytes of the header of an IPv4 packet); ip ect, ce, frag, unfrag; tcp opt FLAG, tcp
// win N; icmp type and code N, icmp6 type and code N; tcp, udp, icmp, icmp6, ip (version 4), ip6; any, all, true, - and
// false. A number takes an operator (== != < > <= >=) and a mask (& M). Ports, flags and ICMP fields are those of first
// fragments; A ? B : C is B where A holds, else C; `!=` on them is false where there are none, whereas `not` of a test
// is true there.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "support/batch_split/batch_split.hh"
#include "support/ip_expression/ip_tokens.hh"
#include "support/ip_expression/ip_tree.hh"

namespace clickup {

class IpProgram {
 public:
  static constexpr int kDrop = kNoOutput;

  // Appends a rule: packets that match `expression` and no rule before it go to `output`, or are dropped (kDrop).
  // Returns an empty string, else what is wrong, with the position in the expression, counted from 1.
  // `names` gives the addresses that words stand for.
  std::string add(std::string_view expression, int output, const IpAddressNames& names = {});
  // Compiles the rules. Packets without a matching rule are dropped.
  void compile();
  // Adds every packet of a batch, which is not empty, to the split: to an output or to kDrop.
  void classify(const Batch& batch, BatchSplit& split);
  // The program, one step per line.
  std::string text() const;

 private:
  // Where to continue: a step, or ~output when the packet is decided.
  using Target = int32_t;
  // Tests are shared between steps; each is evaluated once per batch.
  struct Test {
    std::variant<RangeTest, PrefixTest, BytesTest> what;
    PacketMask matched = 0;
    uint64_t batch = 0;  // number of the batch for which `matched` is valid
  };
  struct Step {
    size_t test;
    Target yes = 0, no = 0;
  };
  struct Rule {
    IpTreePointer tree;
    int output;
  };

  Target emit(const IpTree& tree, Target yes, Target no);
  Target emit_parts(const IpTree& tree, Target yes, Target no);
  Target emit_step(std::variant<RangeTest, PrefixTest, BytesTest> test, Target yes, Target no);
  PacketMask matches(Test& test, class IpBatch& batch) const;
  std::string text(const Step& step) const;

  std::vector<Rule> rules_;
  std::vector<Step> steps_;
  std::vector<Test> tests_;
  Target entry_ = ~kDrop;
  uint64_t batches_ = 0;             // so far
  std::vector<PacketMask> arrived_;  // packets of the batch that each step still has to test; none between batches
};

}  // namespace clickup
