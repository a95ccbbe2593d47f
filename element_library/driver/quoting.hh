// Where quoted strings, \<...> byte strings and comments of Click's language end.
#pragma once

#include <cstddef>
#include <string_view>

namespace clickup {

enum class SpanKind { none, quoted, bytes, comment };

struct Span {
  SpanKind kind = SpanKind::none;
  size_t end = 0;      // index after the span; text.size() when it is not ended
  bool ended = false;  // false: the text stops within it
};

// The quoted string, byte string or comment that starts at `at`, if any.
Span span_at(std::string_view text, size_t at);

}  // namespace clickup
