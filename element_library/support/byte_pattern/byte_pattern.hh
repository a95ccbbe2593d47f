// Byte patterns as Classifier has them: `12/0800`, `14/4?`, `!20/0001`, `0/ff00%f0f0`, several separated by spaces.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "driver/packet.hh"

namespace clickup {

class BytePattern {
 public:
  // Returns an error that says what is expected, empty on success. "-" matches every packet.
  std::string parse(std::string_view text);
  // A clause outside of the packet does not match, so with `!` it does.
  bool matches(const Packet& packet) const {
    for (const Clause& clause : clauses_) {
      if (matches(clause, packet) == clause.negated) return false;
    }
    return true;
  }
  std::string text() const;

 private:
  // Up to eight bytes at an offset, compared under a mask; longer values take several words.
  struct Word {
    uint32_t offset = 0, bytes = 0;
    uint64_t value = 0, mask = 0;
  };
  struct Clause {
    bool negated = false;
    std::vector<Word> words;
  };

  std::string parse_clause(std::string_view text);
  static bool matches(const Clause& clause, const Packet& packet) {
    for (const Word& word : clause.words) {
      if (word.offset + word.bytes > packet.length) return false;
      if ((load(packet, word) & word.mask) != word.value) return false;
    }
    return true;
  }
  static uint64_t load(const Packet& packet, const Word& word) {
    uint64_t value = 0;
    const uint8_t* at = packet.data() + word.offset;
    bool whole = at + 8 <= packet.buffer + sizeof packet.buffer;  // bytes after the packet are masked out
    std::memcpy(&value, at, whole ? 8 : word.bytes);
    return value;
  }

  std::vector<Clause> clauses_;
};

}  // namespace clickup
