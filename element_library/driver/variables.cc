#include "driver/variables.hh"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "driver/arguments.hh"
#include "driver/lexer.hh"
#include "driver/quoting.hh"

namespace clickup {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

constexpr int kDeepest = 10;                // values within values, as in Click
constexpr size_t kMostBytes = 16u << 20;    // that values and names grow to, all together
constexpr size_t kShownBytes = 60;          // of a configuration in a message
constexpr std::string_view kSigns = "?#$";  // Click's variables of one sign, which none can define

bool is_blank(char c) { return isspace(static_cast<unsigned char>(c)); }
bool is_name_character(char c) { return isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::string_view take_blanks(std::string_view text) {
  text.remove_prefix(size_t(std::find_if_not(text.begin(), text.end(), is_blank) - text.begin()));
  return text;
}

std::string_view take_name(std::string_view& text) {
  auto length = size_t(std::find_if_not(text.begin(), text.end(), is_name_character) - text.begin());
  std::string_view name = text.substr(0, length);
  text.remove_prefix(length);
  return name;
}

// The first word, up to a blank outside quotes; `text` is what follows it.
std::string_view take_word(std::string_view& text) {
  text = take_blanks(text);
  size_t end = 0;
  while (end < text.size() && !is_blank(text[end])) {
    Span span = span_at(text, end);
    end = span.kind == SpanKind::none ? end + 1 : span.end;
  }
  std::string_view word = text.substr(0, end);
  text = take_blanks(text.substr(end));
  return word;
}

std::string nth_word(std::string_view text, int64_t number) {
  std::string_view word;
  do {
    word = take_word(text);
  } while (number-- > 0 && !(text.empty() && word.empty()));
  return std::string(word);
}

// $name, ${name} or $(name) as it stands in a text.
struct Reference {
  std::string_view opening, name, closing;
  size_t end = 0;  // index after it, in the text
};

size_t closing_parenthesis(std::string_view text, size_t at) {
  for (int depth = 1; at < text.size();) {
    if (Span span = span_at(text, at); span.kind != SpanKind::none) {
      at = span.end;
      continue;
    }
    depth += text[at] == '(' ? 1 : text[at] == ')' ? -1 : 0;
    if (depth == 0) return at;
    ++at;
  }
  return std::string_view::npos;
}

// The reference that begins with the '$' at `at`; nullopt if that is a mere sign. Its end is npos if it has none.
std::optional<Reference> reference_at(std::string_view text, size_t at) {
  std::string_view rest = text.substr(at + 1);
  if (rest.empty()) return std::nullopt;
  if (rest[0] == '{' || rest[0] == '(') {
    size_t close = rest[0] == '{' ? text.find('}', at) : closing_parenthesis(text, at + 2);
    if (close == std::string_view::npos) return Reference{{}, {}, {}, close};
    return Reference{text.substr(at, 2), text.substr(at + 2, close - at - 2), text.substr(close, 1), close + 1};
  }
  std::string_view name = kSigns.find(rest[0]) != std::string_view::npos ? rest.substr(0, 1) : take_name(rest);
  if (name.empty()) return std::nullopt;
  return Reference{text.substr(at, 1), name, {}, at + 1 + name.size()};
}

// What stands between the braces of ${name[word]-fallback}.
struct Braced {
  std::string_view name;
  int64_t word = -1;
  std::optional<std::string_view> fallback;
};

Braced read_braced(std::string_view text) {
  Braced braced;
  text = take_blanks(text);
  braced.name = take_name(text);
  text = take_blanks(text);
  if (size_t close = text.find(']'); text.starts_with('[') && close != std::string_view::npos) {
    std::string_view number = take_blanks(text.substr(1, close - 1));
    if (parse_integer(number, braced.word)) text = take_blanks(text.substr(close + 1));
  }
  if (text.starts_with('-')) braced.fallback = text.substr(1);
  return braced;
}

class Replacing {
 public:
  explicit Replacing(const Values& values) : values_(values) {}
  bool exhausted() const { return spent_ > kMostBytes; }
  std::string text(std::string_view text, int depth = 0);

 private:
  std::optional<std::string> replacement(const Reference& reference, bool quoted, int depth);
  std::optional<std::string> value(std::string_view name, bool braced, int depth);
  std::string inner(std::string_view text, int depth) {
    spent_ += text.size() + 1;
    return exhausted() ? "" : this->text(text, depth);
  }

  const Values& values_;
  size_t spent_ = 0;
};

// nullopt: there is none, and no default.
std::optional<std::string> Replacing::value(std::string_view name, bool braced, int depth) {
  Braced asked = braced ? read_braced(name) : Braced{name, -1, std::nullopt};
  auto known = values_.find(asked.name);
  if (known == values_.end()) {
    if (!asked.fallback) return std::nullopt;
    return inner(*asked.fallback, depth + 1);
  }
  std::string whole = inner(known->second, depth + 1);
  return asked.word < 0 ? whole : nth_word(whole, asked.word);
}

// nullopt: it stays as it is.
std::optional<std::string> Replacing::replacement(const Reference& reference, bool quoted, int depth) {
  bool nested = !reference.closing.empty() && reference.name.find('$') != std::string_view::npos;
  std::string name = nested ? inner(reference.name, depth + 1) : std::string(reference.name);
  std::optional<std::string> known = value(name, reference.opening == "${", depth);
  if (!known && nested) return std::string(reference.opening).append(name).append(reference.closing);
  if (!known || !quoted) return known;
  std::string text = quote_string(*known);
  return text.substr(1, text.size() - 2);
}

// The index from which to look on, and in `within` what that is within. Click replaces in double quotes and byte
// strings, and in no other quotes or comments.
size_t pass(std::string_view text, size_t at, SpanKind& within) {
  char c = text[at];
  if (within == SpanKind::quoted && c == '\\') return std::min(at + 2, text.size());
  if (within != SpanKind::none) {
    if (c == (within == SpanKind::quoted ? '"' : '>')) within = SpanKind::none;
    return at + 1;
  }
  Span span = span_at(text, at);
  if (span.kind == SpanKind::comment || c == '\'') return span.end;
  within = span.kind;
  return at + (span.kind == SpanKind::bytes ? 2 : 1);
}

std::string Replacing::text(std::string_view text, int depth) {
  std::string out;
  size_t at = 0, copied = 0;
  SpanKind within = SpanKind::none;
  while (at < text.size() && !exhausted()) {
    std::optional<Reference> found;
    if (text[at] == '$' && depth <= kDeepest) found = reference_at(text, at);
    if (!found) {
      at = pass(text, at, within);
      continue;
    }
    if (found->end == std::string_view::npos) break;
    if (std::optional<std::string> put = replacement(*found, within == SpanKind::quoted, depth)) {
      spent_ += put->size() + 1;
      out.append(text.substr(copied, at - copied)).append(*put);
      copied = found->end;
    }
    at = found->end;
  }
  // As in Click, a text of which nothing was left when its last variable was replaced keeps all its variables.
  return out.empty() ? std::string(text) : out.append(text.substr(copied));
}

// Whether it ends what it begins, so that it can be written between parentheses.
bool whole(const std::string& configuration) {
  Diagnostics wrong;
  std::string text = "(" + configuration + ")";
  Lexer lexer(text, "", wrong);
  return lexer.configuration() == configuration && lexer.peek().kind == Token::Kind::end && wrong.empty();
}

// Whether it is read again as it is, where no variable is defined.
bool lasts(const std::string& text) { return Replacing(Values()).text(text) == text; }

std::string replaced(Replacing& replacing, const ElementDeclaration& element, Diagnostics& diagnostics) {
  std::string text = replacing.text(element.configuration);
  if (replacing.exhausted()) {
    diagnostics.push_back(
        {element.landmark, "variables grow to more than 16 MiB of text: define them by fewer others"});
  } else if ((text != element.configuration && !whole(text)) || !lasts(text)) {
    diagnostics.push_back({element.landmark, "the arguments of '" + element.name + "' are '" +
                                                 text.substr(0, kShownBytes) +
                                                 "' when their variables are replaced, and a quote, parenthesis, "
                                                 "comment or variable is not whole there: define it as a whole"});
  }
  return text;
}

}  // namespace

void Variables::define(std::string_view declarations, const Landmark& landmark, Diagnostics& diagnostics) {
  for (const std::string& declaration : split_arguments(declarations)) {
    if (declaration.empty()) continue;
    std::string_view value = declaration, word = take_word(value), name = word.substr(std::min<size_t>(1, word.size()));
    if (!word.starts_with('$') || name.empty() || !std::all_of(name.begin(), name.end(), is_name_character)) {
      diagnostics.push_back({landmark, "define takes '$NAME value', not '" + declaration + "'"});
    } else if (!values_.emplace(name, value).second) {
      diagnostics.push_back({landmark, "variable '" + std::string(word) + "' is defined twice: keep one"});
    }
  }
}

void Variables::replace_in(GraphDescription& graph, Diagnostics& diagnostics) const {
  Replacing replacing(values_);
  for (ElementDeclaration& element : graph.elements) {
    if (element.configuration.find('$') == std::string::npos) continue;
    element.configuration = replaced(replacing, element, diagnostics);
    if (replacing.exhausted()) return;
  }
}

}  // namespace clickup
