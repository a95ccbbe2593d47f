#include "driver/quoting.hh"

namespace clickup {
namespace {

Span until(SpanKind kind, std::string_view text, size_t from, std::string_view terminator) {
  size_t found = text.find(terminator, from);
  if (found == std::string_view::npos) return {kind, text.size(), false};
  return {kind, found + terminator.size(), true};
}

Span double_quoted(std::string_view text, size_t at) {
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return {SpanKind::quoted, i + 1, true};
    }
  }
  return {SpanKind::quoted, text.size(), false};
}

}  // namespace

Span span_at(std::string_view text, size_t at) {
  std::string_view rest = text.substr(at);
  if (rest.starts_with('"')) return double_quoted(text, at);
  if (rest.starts_with('\'')) return until(SpanKind::quoted, text, at + 1, "'");
  if (rest.starts_with("\\<")) return until(SpanKind::bytes, text, at + 2, ">");
  if (rest.starts_with("/*")) return until(SpanKind::comment, text, at + 2, "*/");
  if (rest.starts_with("//")) {
    Span line = until(SpanKind::comment, text, at + 2, "\n");
    line.ended = true;  // the end of the text also ends it
    return line;
  }
  return {};
}

}  // namespace clickup
