// Our own fuzzer for compilers without one: the same inputs for the same seed, no feedback from coverage.
//
// mutate LAST SEED RUNS FOLDER...: runs every file of the folders, then RUNS inputs made from them. The current input
// is in the file LAST, which remains when the target ends the program.
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using Bytes = std::vector<uint8_t>;
constexpr size_t kMost = 16 << 10;

// Survives the program.
class LastInput {
 public:
  explicit LastInput(const char* path) : file_(open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
    if (file_ < 0 || ftruncate(file_, kMost) != 0) std::abort();
    memory_ = static_cast<uint8_t*>(mmap(nullptr, kMost, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0));
    if (memory_ == MAP_FAILED) std::abort();
  }
  void run(const Bytes& input) {
    if (ftruncate(file_, off_t(input.size())) != 0) std::abort();
    std::copy(input.begin(), input.end(), memory_);
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }

 private:
  int file_;
  uint8_t* memory_;
};

std::vector<Bytes> read_folder(const std::string& folder) {
  std::vector<std::string> names;
  DIR* opened = opendir(folder.c_str());
  if (!opened) {
    std::fprintf(stderr, "no folder %s\n", folder.c_str());
    std::exit(2);
  }
  while (const dirent* entry = readdir(opened))
    if (entry->d_name[0] != '.') names.push_back(folder + "/" + entry->d_name);
  closedir(opened);
  std::sort(names.begin(), names.end());
  std::vector<Bytes> found;
  for (const std::string& name : names) {
    std::ifstream file(name, std::ios::binary);
    Bytes bytes(std::istreambuf_iterator<char>(file), {});
    bytes.resize(std::min(bytes.size(), kMost));
    found.push_back(std::move(bytes));
  }
  return found;
}

class Mutator {
 public:
  Mutator(uint32_t seed, const std::vector<Bytes>& corpus) : random_(seed), corpus_(corpus) {}

  Bytes next() {
    Bytes input = any(corpus_);
    for (uint32_t changes = 1u << below(5); changes > 0; --changes) change(input);
    input.resize(std::min(input.size(), kMost));
    return input;
  }

 private:
  // The same on every machine, unlike std::uniform_int_distribution.
  uint32_t below(size_t bound) { return bound ? uint32_t(random_() % bound) : 0; }
  const Bytes& any(const std::vector<Bytes>& list) { return list[below(list.size())]; }
  size_t place(const Bytes& input) { return below(input.size() + 1); }

  void change(Bytes& input) {
    static constexpr uint8_t kTelling[] = {0,    1,    2,    4,    7,    8,    0x0a, 0x0d,
                                           0x20, 0x22, 0x28, 0x29, 0x7f, 0x80, 0xfe, 0xff};
    size_t at = place(input), length = std::min<size_t>(1 + below(1u << below(8)), input.size() - at);
    switch (below(8)) {
      case 0:
        if (at < input.size()) input[at] ^= uint8_t(1u << below(8));
        return;
      case 1:
        if (at < input.size()) input[at] = kTelling[below(sizeof kTelling)];
        return;
      case 2:
        if (at < input.size()) input[at] = uint8_t(input[at] + below(33) - 16);
        return;
      case 3: input.erase(input.begin() + long(at), input.begin() + long(at + length)); return;
      case 4: return insert(input, at, Bytes(input.begin() + long(at), input.begin() + long(at + length)));
      case 5: return insert(input, at, Bytes(1 + below(8), kTelling[below(sizeof kTelling)]));
      case 6: {
        const Bytes& other = any(corpus_);
        size_t from = place(other), count = std::min<size_t>(1 + below(64), other.size() - from);
        return insert(input, at, Bytes(other.begin() + long(from), other.begin() + long(from + count)));
      }
      default:
        for (size_t i = at; i < at + length; ++i) input[i] = uint8_t(random_());
    }
  }
  static void insert(Bytes& input, size_t at, const Bytes& piece) {
    input.insert(input.begin() + long(at), piece.begin(), piece.end());
  }

  std::mt19937 random_;
  const std::vector<Bytes>& corpus_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count < 5) return 2;
  LastInput last(arguments[1]);
  std::vector<Bytes> corpus;
  for (int i = 4; i < count; ++i)
    for (Bytes& one : read_folder(arguments[i])) corpus.push_back(std::move(one));
  corpus.emplace_back();  // the empty one
  for (const Bytes& seed : corpus) last.run(seed);
  Mutator mutator(uint32_t(std::strtoul(arguments[2], nullptr, 0)), corpus);
  for (unsigned long runs = std::strtoul(arguments[3], nullptr, 0); runs > 0; --runs) last.run(mutator.next());
  std::printf("%zu seeds\n", corpus.size());
  return 0;
}
