#include "driver/lexer.hh"

#include <algorithm>
#include <cctype>

#include "driver/arguments.hh"
#include "driver/quoting.hh"

namespace clickup {
namespace {

bool is_word_character(char c) { return isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '@' || c == '/'; }

}  // namespace

Lexer::Lexer(std::string_view text, std::string file, Diagnostics& diagnostics)
    : text_(text), here_{std::move(file), 1}, diagnostics_(diagnostics) {
  advance();
}

Token Lexer::next() {
  Token current = token_;
  advance();
  return current;
}

void Lexer::move(size_t count) {
  std::string_view passed = text_.substr(at_, count);
  here_.line += uint32_t(std::count(passed.begin(), passed.end(), '\n'));
  if (!passed.empty()) line_start_ = passed.back() == '\n';
  at_ += passed.size();
}

void Lexer::skip_comment() {
  Span comment = span_at(text_, at_);
  if (!comment.ended) diagnostics_.push_back({here_, "comment '/*' has no end: add '*/'"});
  move(comment.end - at_);
}

// "#line 12 "file"" or "# 12 "file"" at the start of a line: where the following text came from.
void Lexer::line_directive() {
  size_t end = std::min(text_.find('\n', at_), text_.size());
  std::string_view line = text_.substr(at_ + 1, end - at_ - 1);
  move(end - at_ + 1);
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  if (line.starts_with("line")) line.remove_prefix(4);
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
  uint64_t number = 0;
  if (!parse_unsigned(line.substr(0, digits), number)) return;  // some other directive: a comment to us
  here_.line = uint32_t(number);
  size_t open = line.find('"'), close = line.rfind('"');
  if (open != close) here_.file = line.substr(open + 1, close - open - 1);
}

void Lexer::skip_blank() {
  while (at_ < text_.size()) {
    if (isspace(static_cast<unsigned char>(text_[at_]))) {
      bool at_line_start = line_start_;
      bool newline = text_[at_] == '\n';
      move(1);
      line_start_ = newline || at_line_start;
    } else if (text_[at_] == '#' && line_start_) {
      line_directive();
    } else if (span_at(text_, at_).kind == SpanKind::comment) {
      skip_comment();
    } else {
      return;
    }
  }
}

Token::Kind Lexer::sign(size_t& length) const {
  std::string_view rest = text_.substr(at_);
  length = 2;
  if (rest.starts_with("->")) return Token::Kind::arrow;
  if (rest.starts_with("::")) return Token::Kind::double_colon;
  if (rest.starts_with("=>") || rest.starts_with("||")) return Token::Kind::compound;
  length = rest.starts_with("...") ? 3 : 1;
  if (length == 3) return Token::Kind::compound;
  switch (rest[0]) {
    case '[': return Token::Kind::left_bracket;
    case ']': return Token::Kind::right_bracket;
    case '(': return Token::Kind::left_parenthesis;
    case ',': return Token::Kind::comma;
    case ';': return Token::Kind::semicolon;
    case '{':
    case '}':
    case '|':
    case '$':
    case '*': return Token::Kind::compound;
    default: return Token::Kind::other;
  }
}

void Lexer::advance() {
  skip_blank();
  token_ = {Token::Kind::end, {}, here_};
  if (at_ >= text_.size()) return;
  size_t length = 0;
  while (at_ + length < text_.size() && is_word_character(text_[at_ + length]) &&
         span_at(text_, at_ + length).kind != SpanKind::comment) {
    ++length;
  }
  token_.kind = length > 0 ? Token::Kind::word : sign(length);
  token_.text = text_.substr(at_, length);
  move(length);
}

std::string_view Lexer::configuration() {
  Landmark opened = token_.landmark;
  size_t start = at_;
  for (int depth = 1; at_ < text_.size();) {
    if (Span span = span_at(text_, at_); span.kind != SpanKind::none) {
      if (!span.ended) diagnostics_.push_back({here_, "a quoted string or byte string has no end: close it"});
      move(span.end - at_);
      continue;
    }
    char c = text_[at_];
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    move(1);
    if (depth > 0) continue;
    std::string_view configuration = text_.substr(start, at_ - start - 1);
    advance();
    return configuration;
  }
  diagnostics_.push_back({opened, "'(' is not closed: add the ')' that ends these arguments"});
  advance();
  return text_.substr(start);
}

void Lexer::skip_block() {
  int depth = 0;
  do {
    if (token_.kind == Token::Kind::left_parenthesis) {
      configuration();
      if (depth == 0) return;
      continue;
    }
    depth += token_.text == "{" ? 1 : token_.text == "}" ? -1 : 0;
    advance();
  } while (depth > 0 && token_.kind != Token::Kind::end);
}

}  // namespace clickup
