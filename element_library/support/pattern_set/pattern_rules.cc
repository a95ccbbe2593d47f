#include "support/pattern_set/pattern_rules.hh"

#include <algorithm>
#include <charconv>
#include <unordered_set>

namespace clickup {
namespace {

constexpr size_t kMostMistakes = 10;
constexpr std::string_view kSpace = " \t\r";

// Parses one line from the left; the first unexpected token is the mistake.
class RuleLine {
 public:
  explicit RuleLine(std::string_view text) : rest_(text) {}

  bool blank() {
    skip_space();
    return rest_.empty() || rest_.front() == '#';
  }
  std::string read(PatternRule& rule) {
    std::string mistake = read_id(rule.id);
    if (mistake.empty()) mistake = read_pattern(rule.text);
    if (mistake.empty()) mistake = read_options(rule.nocase);
    return mistake;
  }

 private:
  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(kSpace), rest_.size())); }

  std::string read_id(uint32_t& id) {
    auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), id);
    if (error != std::errc() || id == 0) return "begins with the rule's number, 1 to 4294967295";
    rest_.remove_prefix(size_t(end - rest_.data()));
    return "";
  }

  std::string read_pattern(std::string& text) {
    skip_space();
    if (!take('"')) return "the pattern comes behind the number, in double quotes";
    while (!rest_.empty() && rest_.front() != '"') {
      if (!read_byte(text)) return "after a backslash comes xHH (hexadecimal digits), n, r, t, a quote or a backslash";
    }
    if (!take('"')) return "the closing quote is missing";
    if (text.size() >= PatternRule::kShortest && text.size() <= PatternRule::kLongest) return "";
    return "a pattern has " + std::to_string(PatternRule::kShortest) + " to " + std::to_string(PatternRule::kLongest) +
           " bytes, not " + std::to_string(text.size());
  }

  bool read_byte(std::string& text) {
    char byte = next();
    if (byte != '\\') return text.push_back(byte), true;
    if (rest_.empty()) return false;
    switch (char escape = next()) {
      case 'n': return text.push_back('\n'), true;
      case 'r': return text.push_back('\r'), true;
      case 't': return text.push_back('\t'), true;
      case 'x': return read_hexadecimal(text);
      case '"':
      case '\\': return text.push_back(escape), true;
      default: return false;
    }
  }
  bool read_hexadecimal(std::string& text) {
    if (rest_.size() < 2) return false;
    uint8_t byte = 0;
    auto [end, error] = std::from_chars(rest_.data(), rest_.data() + 2, byte, 16);
    if (error != std::errc() || end != rest_.data() + 2) return false;
    text.push_back(char(byte));
    rest_.remove_prefix(2);
    return true;
  }

  std::string read_options(bool& nocase) {
    while (!blank()) {
      std::string_view word = rest_.substr(0, rest_.find_first_of(" \t\r#"));
      if (word != "nocase") return "behind the pattern may stand only 'nocase'";
      nocase = true;
      rest_.remove_prefix(word.size());
    }
    return "";
  }

  char next() {
    char first = rest_.front();
    rest_.remove_prefix(1);
    return first;
  }
  bool take(char wanted) {
    bool there = !rest_.empty() && rest_.front() == wanted;
    if (there) rest_.remove_prefix(1);
    return there;
  }

  std::string_view rest_;
};

}  // namespace

std::string parse_pattern_rules(std::string_view text, std::vector<PatternRule>& rules) {
  std::string mistakes;
  size_t mistaken = 0, number = 0;
  std::unordered_set<uint32_t> ids;
  for (const PatternRule& rule : rules) ids.insert(rule.id);
  while (!text.empty() && mistaken < kMostMistakes) {
    size_t end = std::min(text.find('\n'), text.size());
    RuleLine line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.blank()) continue;
    PatternRule rule;
    std::string mistake = line.read(rule);
    bool twice = mistake.empty() && !ids.insert(rule.id).second;
    if (twice) mistake = "rule " + std::to_string(rule.id) + " is there already";
    if (mistake.empty() && rules.size() == kMostPatternRules) {
      return "line " + std::to_string(number) + ": there are more than " + std::to_string(kMostPatternRules) + " rules";
    }
    if (mistake.empty()) {
      rules.push_back(std::move(rule));
    } else {
      mistakes += (mistaken++ ? "\nline " : "line ") + std::to_string(number) + ": " + mistake;
    }
  }
  return mistakes;
}

}  // namespace clickup
