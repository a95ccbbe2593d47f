// Compiles pattern sets and scans streams of bytes with them, piece by piece; all bytes come in hexadecimal.
#include <memory>
#include <vector>

#include "kernels/command_loop.hh"
#include "support/pattern_set/pattern_set.hh"

namespace {

using namespace clickup;

std::unique_ptr<PatternSet> set;

std::string bytes_of(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(char(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::string compile(Words& words) {
  std::string text;
  words >> text;
  std::vector<PatternRule> rules;
  std::string mistakes = parse_pattern_rules(bytes_of(text), rules);
  for (char& byte : mistakes) {
    if (byte == '\n') byte = '|';
  }
  if (!mistakes.empty()) return mistakes;
  set = std::make_unique<PatternSet>(std::move(rules));
  return "ok";
}

// The pieces of a stream; answers id@end of each match, `end` counted in the stream.
std::string scan(Words& words) {
  std::string answer, stream;
  uint32_t state = PatternSet::kRoot;
  for (std::string text; words >> text;) {
    // Exact copies on the heap, so that the sanitizer detects reads beyond them.
    std::string piece = bytes_of(text), tail = stream.substr(stream.size() - std::min<size_t>(stream.size(), 254));
    std::vector<uint8_t> before(tail.begin(), tail.end()), data(piece.begin(), piece.end());
    state = set->scan(state, before, data, [&](uint32_t rule, uint32_t end) {
      answer += std::to_string(set->rules()[rule].id) + "@" + std::to_string(stream.size() + end) + " ";
    });
    stream += piece;
  }
  return answer;
}

std::string state(Words& words) {
  std::string text;
  words >> text;
  std::string bytes = bytes_of(text);
  std::vector<uint8_t> data(bytes.begin(), bytes.end());
  return std::to_string(set->scan(PatternSet::kRoot, {}, data, [](uint32_t, uint32_t) {}));
}

}  // namespace

int main() {
  return run_commands({{"compile", compile}, {"scan", scan}, {"state", state}, {"hash", [](Words&) {
                                                                                  return std::to_string(set->hash());
                                                                                }}});
}
