// Finds many byte patterns in one pass: the automaton of Aho and Corasick ("Efficient String Matching", CACM 1975) over
// bytes that fall into classes, dense in its first two levels and with failure links below, so that it stays small. A
// filter in front of it knows the first bytes of every pattern and skips places where none begins.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "support/pattern_set/pattern_rules.hh"

namespace clickup {

using Bytes = std::span<const uint8_t>;

class PatternSet {
  static_assert(std::endian::native == std::endian::little);  // the filter takes the first bytes of a word

 public:
  static constexpr uint32_t kRoot = 0;  // state in which nothing has begun, in every set

  // Compiles: some milliseconds for a thousand rules.
  explicit PatternSet(std::vector<PatternRule> rules = {});

  // Hash of the rules and the numbering of states: a state is valid exactly in sets with the same hash.
  uint64_t hash() const { return hash_; }
  const std::vector<PatternRule>& rules() const { return rules_; }
  uint32_t states() const { return uint32_t(nodes_.size()); }
  size_t bytes() const;  // of memory

  // Continues in `state` over `data`; `before` are the bytes right before it: at least 254, or all that the stream has.
  // Calls found(rule, end) for each pattern that ends within `data`, `end` bytes from its beginning. Returns the state
  // after `data`.
  template <class Found>
  uint32_t scan(uint32_t state, Bytes before, Bytes data, Found&& found) const {
    const uint32_t length = uint32_t(data.size());
    if (rules_.empty()) return kRoot;
    for (uint32_t at = 0, end = 0;;) {
      // Where the filter does not decide: a pattern may have begun, here or before the data.
      while (at < end || state >= shallow_ || depth(state) > at) {
        if (at == length) return state;
        state = step(state, data[at++]);
        if (uint32_t ending = uint32_t(nodes_[state].ending)) report(ending, before, data.first(at), found);
      }
      at = skip(data, at - depth(state));
      state = kRoot;
      end = at + stride_ - 1 + width_;
    }
  }

 private:
  // A state. Its children follow each other in the order of their labels, the classes of the bytes that lead to them.
  struct Node {
    uint32_t first_child = 0;
    uint32_t fail = kRoot;     // state of the longest suffix that begins a pattern
    uint64_t ending : 20 = 0;  // index of its own ending, or of the next one on the way of failures; 0: none
    uint64_t fan : 18 = 0;     // index of the labels of many children; 0: it has but few,
    uint64_t few : 2 = 0;      // so many,
    uint64_t first_label : 8 = 0, second_label : 8 = 0;  // whose labels these are
  };
  // The labels of many children as bits, with the number of those in the words before.
  struct Fan {
    uint64_t bits[4];
    uint8_t before[4];

    bool has(uint32_t label) const { return bits[label / 64] >> (label % 64) & 1; }
    uint32_t rank(uint32_t label) const {
      return before[label / 64] + uint32_t(std::popcount(bits[label / 64] & ((uint64_t(1) << label % 64) - 1)));
    }
  };
  struct Ending {
    uint32_t first, count;  // rules whose pattern ends here
    uint32_t next;          // ending of the longest other pattern that does
  };

  class Compiler;

  uint32_t step(uint32_t state, uint8_t byte) const {
    const uint32_t label = classes_[byte];
    for (; state >= dense_; state = nodes_[state].fail) {
      if (uint32_t next = child(state, label)) return next;
    }
    return rows_[state * class_count_ + label];
  }
  // kRoot when there is none.
  uint32_t child(uint32_t state, uint32_t label) const {
    const Node& node = nodes_[state];
    if (node.fan) {
      const Fan& fan = fans_[node.fan];
      return fan.has(label) ? node.first_child + fan.rank(label) : kRoot;
    }
    if (node.few > 0 && node.first_label == label) return node.first_child;
    return node.few > 1 && node.second_label == label ? node.first_child + 1 : kRoot;
  }

  // Bytes that a shallow state has seen of a pattern that may have begun.
  uint32_t depth(uint32_t state) const {
    return (state >= levels_[1]) + uint32_t(state >= levels_[2]) + uint32_t(state >= levels_[3]);
  }

  uint32_t filter_slot(const uint8_t* at) const {
    uint32_t word;
    std::memcpy(&word, at, sizeof word);
    return ((word | fold_) & mask_) * 0x9e3779b1u >> filter_shift_;
  }
  // The next place from `at` on where, or at most `stride_` - 1 bytes later, a pattern may begin; always true for the
  // last places, where too few bytes are left to tell.
  uint32_t skip(Bytes data, uint32_t at) const {
    const uint32_t length = uint32_t(data.size());
    for (uint32_t look = at + stride_ - 1; look + sizeof(uint32_t) <= length; at += stride_, look += stride_) {
      uint32_t slot = filter_slot(data.data() + look);
      if (filter_[slot / 64] >> (slot % 64) & 1) break;
    }
    return at;
  }

  template <class Found>
  void report(uint32_t at, Bytes before, Bytes data, Found& found) const {
    for (; at; at = endings_[at].next) {
      const Ending& ending = endings_[at];
      for (uint32_t rule = ending.first; rule < ending.first + ending.count; ++rule) {
        if (case_fits(rules_[rule], before, data)) found(rule, uint32_t(data.size()));
      }
    }
  }
  // The automaton ignores case as soon as one rule does; the other rules are checked afterwards.
  bool case_fits(const PatternRule& rule, Bytes before, Bytes data) const;

  std::vector<PatternRule> rules_;  // in the order of their patterns
  uint64_t hash_ = 0;

  // The first four levels come first, one after the other; below them, successive states are adjacent in memory.
  std::vector<Node> nodes_;
  std::vector<Fan> fans_{{}};
  std::vector<Ending> endings_{{}};
  std::array<uint8_t, 256> classes_{};  // 0: in no pattern
  uint32_t class_count_ = 1;
  uint32_t dense_ = 1;  // states below have a row
  std::vector<uint32_t> rows_{kRoot};

  // The filter: a bit for the first bytes of each pattern, as many as the shortest one has, at most four; if the
  // shortest has more, also for the bytes from the second one on and so forth, so that not every place must be
  // examined.
  uint32_t width_ = 0;
  uint32_t stride_ = 1;               // places that one look decides
  uint32_t shallow_ = 1;              // states below have seen less than `width_` bytes
  std::array<uint32_t, 4> levels_{};  // first state that has seen so many bytes
  uint32_t fold_ = 0, mask_ = 0, filter_shift_ = 26;
  std::vector<uint64_t> filter_ = std::vector<uint64_t>(1);
};

}  // namespace clickup
