// One thread searches while another compiles the sets that the first one switches to.
#include <cstdio>

#include "elements/MatchPatterns/pattern_loader.hh"

using namespace clickup;

namespace {

std::string rules(uint32_t first) {
  std::string text;
  for (uint32_t i = first; i < first + 200; ++i) text += std::to_string(i) + " \"word " + std::to_string(i) + ";\"\n";
  return text;
}

}  // namespace

int main() {
  std::string error;
  std::unique_ptr<PatternSet> set = load_patterns({"", rules(1)}, error), outgrown;
  PatternLoader loader;
  uint32_t loads = 0, found = 0, searches = 0;
  const std::string text = "word 150; word 350; word 550; ";
  const Bytes bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  while (loads < 20) {
    PatternSource source{"", rules(1 + 200 * (loads % 3))};
    if (!loader.busy()) loader.start(std::move(source), std::move(outgrown), [&](std::string) { ++loads; });
    set->scan(PatternSet::kRoot, {}, bytes, [&](uint32_t, uint32_t) { ++found; });
    ++searches;
    loader.finish(
        [&](PatternSource, std::unique_ptr<PatternSet> loaded) { outgrown = std::exchange(set, std::move(loaded)); });
  }
  return found == searches ? 0 : (std::puts("a pattern was missed"), 1);
}
