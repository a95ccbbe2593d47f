// Makes the automaton of a pattern set.
#include "support/pattern_set/pattern_set.hh"

#include <algorithm>
#include <bit>
#include <tuple>
#include <utility>

namespace clickup {
namespace {

constexpr uint64_t kNumbering = 1;  // incremented when the numbering of states changes

uint8_t lower(uint8_t byte) { return byte >= 'A' && byte <= 'Z' ? uint8_t(byte + 32) : byte; }

// FNV-1a: a set has the same hash in every release.
class SetHash {
 public:
  void add(uint64_t number) {
    for (int i = 0; i < 8; ++i) add_byte(uint8_t(number >> 8 * i));
  }
  void add(const std::string& text) {
    add(text.size());
    for (char byte : text) add_byte(uint8_t(byte));
  }
  uint64_t value() const { return value_; }

 private:
  void add_byte(uint8_t byte) { value_ = (value_ ^ byte) * 0x100000001b3u; }
  uint64_t value_ = 0xcbf29ce484222325u;
};

}  // namespace

class PatternSet::Compiler {
 public:
  explicit Compiler(PatternSet& set) : set_(set), rules_(set.rules_) {}

  void compile() {
    fold_ = std::any_of(rules_.begin(), rules_.end(), [](const PatternRule& rule) { return rule.nocase; });
    sort_rules();
    number_classes();
    build_tree();
    link();
    fill_rows();
    fill_filter();
    set_.hash_ = hash();
  }

 private:
  static constexpr uint32_t kLevels = uint32_t(std::tuple_size_v<decltype(levels_)>);
  static constexpr size_t kFewChildren = 2;

  struct Beginning {
    uint32_t first, last;  // rules that begin with the bytes leading to the state
  };

  void sort_rules() {
    std::vector<std::pair<std::string, PatternRule>> sorted;
    sorted.reserve(rules_.size());
    for (PatternRule& rule : rules_) sorted.emplace_back(folded(rule.text), std::move(rule));
    std::sort(sorted.begin(), sorted.end(), [](const auto& one, const auto& other) {
      return std::tie(one.first, one.second.id) < std::tie(other.first, other.second.id);
    });
    rules_.clear();
    for (auto& [text, rule] : sorted) {
      texts_.push_back(std::move(text));
      rules_.push_back(std::move(rule));
    }
  }
  std::string folded(std::string text) const {
    auto lowered = [](char byte) { return char(lower(uint8_t(byte))); };
    if (fold_) std::transform(text.begin(), text.end(), text.begin(), lowered);
    return text;
  }

  // Class numbers fit into a byte: when all bytes occur in patterns, 0 is the class of one of them.
  void number_classes() {
    std::array<bool, 256> used{};
    for (const std::string& text : texts_) {
      for (char byte : text) used[uint8_t(byte)] = true;
    }
    uint32_t next = std::count(used.begin(), used.end(), true) == 256 ? 0 : 1;
    for (size_t byte = 0; byte < 256; ++byte) {
      if (used[byte]) set_.classes_[byte] = uint8_t(next++);
    }
    set_.class_count_ = std::max(next, 1u);
    for (size_t byte = 'A'; fold_ && byte <= 'Z'; ++byte) set_.classes_[byte] = set_.classes_[lower(uint8_t(byte))];
  }

  void build_tree() {
    set_.nodes_.push_back({});
    beginnings_ = {{0, uint32_t(rules_.size())}};
    uint32_t state = 0;
    for (uint32_t depth = 0; depth < kLevels; ++depth) {
      set_.levels_[depth] = state;
      for (uint32_t end = uint32_t(set_.nodes_.size()); state < end; ++state) add_children(state, depth);
    }
    below_ = state;
    for (uint32_t end = uint32_t(set_.nodes_.size()); state < end; ++state) add_descendants(state, kLevels);
  }
  void add_descendants(uint32_t state, uint32_t depth) {
    const uint32_t first = uint32_t(set_.nodes_.size());
    add_children(state, depth);
    const uint32_t end = uint32_t(set_.nodes_.size());
    for (uint32_t child = first; child < end; ++child) add_descendants(child, depth + 1);
  }
  void add_children(uint32_t state, uint32_t depth) {
    const uint32_t first_child = uint32_t(set_.nodes_.size());
    labels_.clear();
    auto [first, last] = beginnings_[state];
    while (first < last && texts_[first].size() == depth) ++first;
    while (first < last) {
      char byte = texts_[first][depth];
      uint32_t end = first;
      while (end < last && texts_[end][depth] == byte) ++end;
      set_.nodes_.push_back({});
      labels_.push_back(set_.classes_[uint8_t(byte)]);
      beginnings_.push_back({std::exchange(first, end), end});
    }
    set_children(state, first_child);
  }
  void set_children(uint32_t state, uint32_t first_child) {
    Node& node = set_.nodes_[state];
    node.first_child = first_child;
    if (labels_.size() > kFewChildren) {
      node.fan = add_fan();
    } else {
      node.few = labels_.size() & 3;
      if (labels_.size() > 0) node.first_label = labels_[0];
      if (labels_.size() > 1) node.second_label = labels_[1];
    }
  }
  uint64_t add_fan() {
    Fan fan{};
    for (uint8_t label : labels_) fan.bits[label / 64] |= uint64_t(1) << label % 64;
    for (size_t word = 1; word < 4; ++word) {
      fan.before[word] = uint8_t(fan.before[word - 1] + std::popcount(fan.bits[word - 1]));
    }
    set_.fans_.push_back(fan);
    return (set_.fans_.size() - 1) & 0x3ffff;
  }

  // Level by level, because a state fails to one with less depth.
  void link() {
    std::vector<uint32_t> level{kRoot}, next;
    for (uint32_t depth = 0; !level.empty(); ++depth, level.swap(next), next.clear()) {
      for (uint32_t state : level) {
        add_ending(state, depth);
        add_failures(state, next);
      }
    }
  }
  void add_failures(uint32_t state, std::vector<uint32_t>& children) {
    const Node node = set_.nodes_[state];
    for (uint32_t label = 0; label < set_.class_count_; ++label) {
      uint32_t child = set_.child(state, label);
      if (child == kRoot) continue;
      if (state != kRoot) set_.nodes_[child].fail = follow(node.fail, label);
      children.push_back(child);
    }
  }
  // As step(), before there are rows.
  uint32_t follow(uint32_t state, uint32_t label) const {
    for (;; state = set_.nodes_[state].fail) {
      uint32_t next = set_.child(state, label);
      if (next != kRoot || state == kRoot) return next;
    }
  }
  void add_ending(uint32_t state, uint32_t depth) {
    Node& node = set_.nodes_[state];
    node.ending = set_.nodes_[node.fail].ending;
    auto [first, last] = beginnings_[state];
    uint32_t end = first;
    while (end < last && texts_[end].size() == depth) ++end;
    if (end == first) return;
    set_.endings_.push_back({first, end - first, uint32_t(node.ending)});
    node.ending = (set_.endings_.size() - 1) & 0xfffff;
  }

  // First state of a level.
  uint32_t level(uint32_t depth) const { return depth < kLevels ? set_.levels_[depth] : below_; }

  void fill_rows() {
    set_.dense_ = level(2);
    set_.rows_.assign(size_t(set_.dense_) * set_.class_count_, kRoot);
    for (uint32_t state = 0; state < set_.dense_; ++state) {
      uint32_t* row = &set_.rows_[size_t(state) * set_.class_count_];
      for (uint32_t label = 0; label < set_.class_count_; ++label) row[label] = follow(state, label);
    }
  }

  void fill_filter() {
    constexpr uint32_t kWidth = sizeof(uint32_t), kLongestStride = 4;
    constexpr uint32_t kFewestBits = 13, kMostBits = 21, kBitsAnEntry = 128;
    size_t shortest = kWidth + kLongestStride - 1;
    for (const std::string& text : texts_) shortest = std::min(shortest, text.size());
    set_.width_ = std::min(uint32_t(shortest), kWidth);
    set_.stride_ = uint32_t(shortest) - set_.width_ + 1;
    set_.mask_ = set_.width_ == kWidth ? ~0u : (1u << 8 * set_.width_) - 1;
    set_.fold_ = fold_ ? 0x20202020 : 0;
    set_.shallow_ = level(set_.width_);
    uint32_t bits = uint32_t(std::bit_width(texts_.size() * set_.stride_ * kBitsAnEntry));
    bits = std::clamp(bits, kFewestBits, kMostBits);
    set_.filter_shift_ = 32 - bits;
    set_.filter_.assign(size_t(1) << bits >> 6, 0);
    for (const std::string& text : texts_) {
      for (uint32_t from = 0; from < set_.stride_; ++from) enter(text.substr(from, set_.width_));
    }
  }
  void enter(const std::string& beginning) {
    uint8_t word[sizeof(uint32_t)]{};
    std::copy(beginning.begin(), beginning.end(), word);
    uint32_t slot = set_.filter_slot(word);
    set_.filter_[slot / 64] |= uint64_t(1) << slot % 64;
  }

  uint64_t hash() const {
    SetHash hash;
    hash.add(kNumbering);
    for (const PatternRule& rule : rules_) {
      hash.add(rule.id);
      hash.add(rule.nocase);
      hash.add(rule.text);
    }
    return hash.value();
  }

  PatternSet& set_;
  std::vector<PatternRule>& rules_;
  std::vector<std::string> texts_;  // of the rules, as the automaton sees them
  std::vector<Beginning> beginnings_;
  std::vector<uint8_t> labels_;  // of the children that are being added
  uint32_t below_ = 0;           // first state below the first levels
  bool fold_ = false;
};

PatternSet::PatternSet(std::vector<PatternRule> rules) : rules_(std::move(rules)) { Compiler(*this).compile(); }

}  // namespace clickup
