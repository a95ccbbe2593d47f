// Prefixes of addresses with a value each, found by longest match: a tree bitmap (Eatherton, Varghese, Dittia: Tree
// Bitmap, SIGCOMM CCR 2004) below a table of the first 16 bits. A change touches one node, whatever lies below the
// prefix.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "support/route_table/run_pool.hh"

namespace clickup {

// Key: an unsigned integer that holds an address at its upper end. Values are not 0.
template <typename Key>
class RouteTrie {
 public:
  RouteTrie() : roots_(1u << kRootBits) {}

  size_t size() const { return size_; }
  size_t bytes() const { return roots_.size() * sizeof(Root) + nodes_.bytes() + values_.bytes(); }

  // The value of exactly this prefix, 0 when there is none. Bits of `key` beyond `length` are zero.
  uint32_t find(Key key, unsigned length) const {
    if (length < kRootBits) {
      auto found = short_.find({length, key});
      return found == short_.end() ? 0 : found->second;
    }
    uint32_t node = roots_[root_of(key)].node;
    unsigned at = kRootBits;
    for (; node != 0 && length - at >= kStride; at += kStride) node = child(nodes_[node], chunk(key, at));
    if (node == 0) return 0;
    unsigned bit = prefix_bit(key, at, length);
    return has(nodes_[node].prefixes, bit) ? values_[value_index(nodes_[node], bit)] : 0;
  }

  // Gives the prefix a value, or removes it with 0. Returns the previous value.
  uint32_t set(Key key, unsigned length, uint32_t value) {
    uint32_t before = length < kRootBits ? set_short(key, length, value) : set_long(key, length, value);
    size_ = size_ + (value != 0) - (before != 0);
    return before;
  }

  // The value of the longest prefix that `key` begins with, 0 when there is none.
  uint32_t look_up(Key key) const {
    const Root& root = roots_[root_of(key)];
    uint32_t best = root.value, place = 0;
    unsigned at = kRootBits;
    for (uint32_t index = root.node; index != 0; at += kStride) index = descend(nodes_[index], chunk(key, at), place);
    return place != 0 ? values_[place] : best;
  }

  // As look_up for `count` keys at once, so that their cache misses overlap. At most 64.
  void look_up(const Key* keys, uint32_t count, uint32_t* found) const {
    uint32_t nodes[64], places[64];
    for (uint32_t i = 0; i < count; ++i) __builtin_prefetch(&roots_[root_of(keys[i])]);
    uint64_t descending = 0;
    for (uint32_t i = 0; i < count; ++i) {
      const Root& root = roots_[root_of(keys[i])];
      found[i] = root.value;
      places[i] = 0;
      nodes[i] = root.node;
      if (root.node == 0) continue;
      descending |= 1ull << i;
      __builtin_prefetch(nodes_.address(root.node));
    }
    for (unsigned at = kRootBits; descending != 0; at += kStride) {
      for (uint64_t left = descending; left != 0; left &= left - 1) {
        uint32_t i = uint32_t(std::countr_zero(left));
        nodes[i] = descend(nodes_[nodes[i]], chunk(keys[i], at), places[i]);
        if (nodes[i] == 0) descending &= ~(1ull << i);
        __builtin_prefetch(nodes[i] != 0 ? static_cast<const void*>(nodes_.address(nodes[i]))
                                         : values_.address(places[i]));
      }
    }
    for (uint32_t i = 0; i < count; ++i) {
      if (places[i] != 0) found[i] = values_[places[i]];
    }
  }

  // Calls visit(key, length, value) for every prefix, shorter ones first where they begin alike; ends when it is false.
  template <typename Visit>
  bool for_each(Visit&& visit) const {
    for (const auto& [prefix, value] : short_) {
      if (!visit(prefix.second, prefix.first, value)) return false;
    }
    for (uint32_t slot = 0; slot < roots_.size(); ++slot) {
      Key key = Key(slot) << (kWidth - kRootBits);
      if (roots_[slot].node != 0 && !visit_below(roots_[slot].node, key, kRootBits, visit)) return false;
    }
    return true;
  }

 private:
  static constexpr unsigned kWidth = sizeof(Key) * 8, kRootBits = 16, kStride = 6;

  struct Root {
    uint32_t node = 0;
    uint32_t value = 0;  // of the longest prefix shorter than kRootBits
    uint32_t length = 0;
  };
  // Prefixes that end within this node's six bits, and children for those that go on. Bit 2^r - 1 + p of `prefixes` is
  // the prefix of r bits whose bits are p; bit c of `children` is the child behind the bits c.
  struct alignas(32) Node {
    uint64_t prefixes = 0, children = 0;
    uint32_t first_value = 0, first_child = 0;
  };

  static uint32_t root_of(Key key) { return uint32_t(key >> (kWidth - kRootBits)); }
  static unsigned chunk(Key key, unsigned at) { return unsigned(Key(key << at) >> (kWidth - kStride)); }
  static unsigned prefix_bit(Key key, unsigned at, unsigned length) {
    unsigned bits = length - at;
    return (1u << bits) - 1 + (chunk(key, at) >> (kStride - bits));
  }
  static bool has(uint64_t bitmap, unsigned bit) { return bitmap >> bit & 1; }
  static uint32_t rank(uint64_t bitmap, unsigned bit) { return uint32_t(std::popcount(bitmap & ((1ull << bit) - 1))); }
  static uint32_t value_index(const Node& node, unsigned bit) { return node.first_value + rank(node.prefixes, bit); }
  static uint32_t child(const Node& node, unsigned bits) {
    return has(node.children, bits) ? node.first_child + rank(node.children, bits) : 0;
  }

  // Bitmaps of the prefixes of 0 to 5 bits that six bits begin with.
  static constexpr std::array<uint64_t, 64> kPaths = [] {
    std::array<uint64_t, 64> paths{};
    for (unsigned bits = 0; bits < 64; ++bits) {
      for (unsigned length = 0; length < kStride; ++length) {
        paths[bits] |= 1ull << ((1u << length) - 1 + (bits >> (kStride - length)));
      }
    }
    return paths;
  }();

  // Stores the place of the longest prefix's value so far in `place`, and returns the next node or 0.
  static uint32_t descend(const Node& node, unsigned bits, uint32_t& place) {
    if (uint64_t matching = node.prefixes & kPaths[bits]) {
      place = value_index(node, 63 - unsigned(std::countl_zero(matching)));
    }
    return child(node, bits);
  }

  uint32_t set_short(Key key, unsigned length, uint32_t value) {
    uint32_t before = find(key, length);
    if (value != 0) short_[{length, key}] = value;
    else short_.erase({length, key});
    Root now = covering(key, length);
    uint32_t first = root_of(key);
    for (uint32_t slot = first; slot < first + (1u << (kRootBits - length)); ++slot) {
      Root& root = roots_[slot];
      if (root.value != 0 && (value != 0 ? root.length > length : root.length != length)) continue;
      root.value = now.value;
      root.length = now.length;
    }
    return before;
  }

  // The longest prefix of at most `length` bits that `key` begins with; value 0 when there is none.
  Root covering(Key key, unsigned length) const {
    for (unsigned bits = length + 1; bits-- > 0;) {
      Key prefix = bits == 0 ? 0 : key >> (kWidth - bits) << (kWidth - bits);
      if (auto found = short_.find({bits, prefix}); found != short_.end()) return {0, found->second, bits};
    }
    return {};
  }

  uint32_t set_long(Key key, unsigned length, uint32_t value) {
    uint32_t& root = roots_[root_of(key)].node;
    if (root == 0) {
      if (value == 0) return 0;
      root = nodes_.insert(0, 0, 0, Node{});
    }
    uint32_t before = set_below(root, key, kRootBits, length, value);
    if (nodes_[root].prefixes == 0 && nodes_[root].children == 0) root = nodes_.erase(root, 1, 0);
    return before;
  }

  uint32_t set_below(uint32_t index, Key key, unsigned at, unsigned length, uint32_t value) {
    if (length - at < kStride) return set_here(index, prefix_bit(key, at, length), value);
    unsigned bits = chunk(key, at);
    if (!has(nodes_[index].children, bits)) {
      if (value == 0) return 0;
      insert_child(index, bits);
    }
    uint32_t below = child(nodes_[index], bits);
    uint32_t before = set_below(below, key, at + kStride, length, value);
    below = child(nodes_[index], bits);
    if (nodes_[below].prefixes == 0 && nodes_[below].children == 0) erase_child(index, bits);
    return before;
  }

  uint32_t set_here(uint32_t index, unsigned bit, uint32_t value) {
    Node node = nodes_[index];
    bool there = has(node.prefixes, bit);
    uint32_t count = uint32_t(std::popcount(node.prefixes)), place = rank(node.prefixes, bit);
    uint32_t before = there ? values_[node.first_value + place] : 0;
    if (there && value != 0) {
      values_[node.first_value + place] = value;
      return before;
    }
    if (there == (value != 0)) return before;
    node.first_value =
        there ? values_.erase(node.first_value, count, place) : values_.insert(node.first_value, count, place, value);
    node.prefixes ^= 1ull << bit;
    nodes_[index] = node;
    return before;
  }

  // Children move, the node itself does not: it is one of the children of its parent.
  void insert_child(uint32_t index, unsigned bits) {
    uint64_t children = nodes_[index].children;
    uint32_t count = uint32_t(std::popcount(children));
    uint32_t run = nodes_.insert(nodes_[index].first_child, count, rank(children, bits), Node{});
    nodes_[index].first_child = run;
    nodes_[index].children |= 1ull << bits;
  }
  void erase_child(uint32_t index, unsigned bits) {
    uint64_t children = nodes_[index].children;
    uint32_t count = uint32_t(std::popcount(children));
    uint32_t run = nodes_.erase(nodes_[index].first_child, count, rank(children, bits));
    nodes_[index].first_child = run;
    nodes_[index].children &= ~(1ull << bits);
  }

  template <typename Visit>
  bool visit_below(uint32_t index, Key key, unsigned at, Visit&& visit) const {
    const Node& node = nodes_[index];
    for (uint64_t left = node.prefixes; left != 0; left &= left - 1) {
      unsigned bit = unsigned(std::countr_zero(left)), length = unsigned(std::bit_width(bit + 1)) - 1;
      Key bits = Key(bit + 1 - (1u << length));
      Key prefix = length == 0 ? key : key | Key(bits << (kWidth - length)) >> at;
      if (!visit(prefix, at + length, values_[value_index(node, bit)])) return false;
    }
    for (uint64_t left = node.children; left != 0; left &= left - 1) {
      unsigned bits = unsigned(std::countr_zero(left));
      Key below = key | Key(Key(bits) << (kWidth - kStride)) >> at;
      if (!visit_below(child(node, bits), below, at + kStride, visit)) return false;
    }
    return true;
  }

  std::vector<Root> roots_;
  RunPool<Node> nodes_;
  RunPool<uint32_t> values_;
  std::map<std::pair<unsigned, Key>, uint32_t> short_;  // prefixes shorter than kRootBits
  size_t size_ = 0;
};

}  // namespace clickup
