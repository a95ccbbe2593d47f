// Damaged configurations: the reader must end, report, and write what it accepted so that it reads back the same.
#include <cstdio>

#include "driver/arguments.hh"
#include "driver/language.hh"

using namespace clickup;

namespace {

constexpr const char* kText =
    "require(package words);\na :: Emit(1, LABEL \"x, y) // no\");\np :: Pass; a -> p [1] -> [2] q :: Split(\\<00 ff>)"
    " -> Swallow; a, b :: C('x');\n# 12 \"f\"\n/* c */ elementclass X { $a | input -> output } define($X 5);"
    " a => (b -> c);";
constexpr const char* kVariables =
    "define($A a$B, $B \"x y\" /* of two */, $C <) define($D ff) c :: Pass($A, \"$A\", '$A' \\<00 $D>, ${A[1]-x} /$C)\n"
    "d :: Pass(${X-$A} $(B), \"\\$A ${$E}\") e :: Pass($E /* ' */ ' ${E-1} ')\nc -> d -> e f :: Swallow(${ A [0]})";
constexpr std::string_view kLetters = "a1:;,->[](){}|$=\"'\\<>/*#\n .@X";

uint64_t random_state = 88172645463325252ull;  // xorshift64: the same texts in every run

uint64_t random_below(uint64_t bound) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state % bound;
}

char random_letter() { return kLetters[random_below(kLetters.size())]; }

std::string damaged_text() {
  std::string text = random_below(2) == 0 ? kText : kVariables;
  if (random_below(4) == 0) {
    text.clear();
    for (uint64_t count = random_below(40); count > 0; --count) text += random_letter();
  }
  for (uint64_t count = random_below(6); count > 0 && !text.empty(); --count) {
    size_t at = random_below(text.size());
    switch (random_below(3)) {
      case 0: text[at] = random_letter(); break;
      case 1: text.erase(at, random_below(9)); break;
      default: text.insert(at, 1, random_letter());
    }
  }
  return text;
}

bool check(const std::string& text) {
  Diagnostics diagnostics;
  GraphDescription graph = read_graph(text, "f", [](std::string_view word) { return word == "Pass"; }, diagnostics);
  for (const ElementDeclaration& element : graph.elements) {
    for (const std::string& argument : split_arguments(element.configuration)) {
      std::string value;
      if (!parse_string(argument, value)) continue;
    }
  }
  if (!diagnostics.empty()) return true;
  std::string written = write_graph(graph);
  GraphDescription again = read_graph(written, "f", [](std::string_view) { return false; }, diagnostics);
  if (diagnostics.empty() && write_graph(again) == written) return true;
  std::fprintf(stderr, "does not read back:\n%s\n-- was written for:\n%s\n", written.c_str(), text.c_str());
  return false;
}

}  // namespace

int main() {
  for (int i = 0; i < 20'000; ++i) {
    if (!check(damaged_text())) return 1;
  }
  return 0;
}
