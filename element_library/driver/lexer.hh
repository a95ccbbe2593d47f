// Words and signs of Click's language, with their landmarks.
#pragma once

#include <string>
#include <string_view>

#include "driver/diagnostic.hh"

namespace clickup {

struct Token {
  enum class Kind {
    end,
    word,
    arrow,
    double_colon,
    left_bracket,
    right_bracket,
    left_parenthesis,
    comma,
    semicolon,
    compound,
    other
  };  // compound: signs that occur only in configurations that are not flattened
  Kind kind = Kind::end;
  std::string_view text;
  Landmark landmark;
};

class Lexer {
 public:
  Lexer(std::string_view text, std::string file, Diagnostics& diagnostics);

  const Token& peek() const { return token_; }
  Token next();  // the current token; moves on
  // Raw text up to the parenthesis that closes the current left one; moves on after it.
  std::string_view configuration();
  // Moves behind the brace or parenthesis that closes the current one.
  void skip_block();

 private:
  void advance();
  void skip_blank();
  void skip_comment();
  void line_directive();
  void move(size_t count);  // skips text, counting its lines
  Token::Kind sign(size_t& length) const;

  std::string_view text_;
  Landmark here_;
  Diagnostics& diagnostics_;
  size_t at_ = 0;
  bool line_start_ = true;
  Token token_;
};

}  // namespace clickup
