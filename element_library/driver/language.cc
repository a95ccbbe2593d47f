#include "driver/language.hh"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "driver/arguments.hh"
#include "driver/graph_builder.hh"
#include "driver/lexer.hh"
#include "driver/variables.hh"

namespace clickup {
namespace {

using Kind = Token::Kind;

constexpr std::string_view kKeywords[] = {"elementclass", "define", "provide", "require"};

bool is_keyword(std::string_view word) { return std::ranges::find(kKeywords, word) != std::end(kKeywords); }

struct Syntax {};  // caught by the statement that is being read; the error is already reported

class Reader {
 public:
  Reader(std::string_view text, const std::string& file, const std::function<bool(std::string_view)>& is_class,
         Diagnostics& diagnostics)
      : lexer_(text, file, diagnostics), is_class_(is_class), diagnostics_(diagnostics), builder_(diagnostics) {}

  GraphDescription read() {
    while (lexer_.peek().kind != Kind::end) {
      try {
        statement();
      } catch (const Syntax&) {
        skip_statement();
      }
    }
    GraphDescription graph = builder_.finish();
    variables_.replace_in(graph, diagnostics_);
    return graph;
  }

 private:
  void tell(const Landmark& landmark, std::string message) { diagnostics_.push_back({landmark, std::move(message)}); }
  // Reported once per text: a configuration that is not flattened has many of these.
  [[noreturn]] void not_flattened(const Token& token) {
    if (!told_not_flattened_) {
      told_not_flattened_ = true;
      diagnostics_.push_back({token.landmark, "'" + std::string(token.text) +
                                                  "' needs a flattened configuration: write it with 'click-up render' "
                                                  "or 'click-flatten'"});
    }
    throw Syntax{};
  }
  [[noreturn]] void unexpected(const char* expected) {
    const Token& token = lexer_.peek();
    std::string found = token.kind == Kind::end ? "the end of the text" : "'" + std::string(token.text) + "'";
    tell(token.landmark, std::string("expected ") + expected + ", found " + found);
    throw Syntax{};
  }
  bool accept(Kind kind) {
    if (lexer_.peek().kind != kind) return false;
    lexer_.next();
    return true;
  }

  // Keywords are never names of elements or classes.
  Token name(const char* expected) {
    if (lexer_.peek().kind == Kind::compound) not_flattened(lexer_.peek());
    if (lexer_.peek().kind != Kind::word || is_keyword(lexer_.peek().text)) unexpected(expected);
    return lexer_.next();
  }

  void statement();
  void skip_statement();
  void require();
  void define();
  void chain();
  Endpoint endpoint(bool first);
  void declare_listed(std::vector<Token> names);
  int port();
  std::string configuration();

  Lexer lexer_;
  const std::function<bool(std::string_view)>& is_class_;
  Diagnostics& diagnostics_;
  GraphBuilder builder_;
  Variables variables_;
  bool told_not_flattened_ = false;
};

void Reader::statement() {
  const Token& token = lexer_.peek();
  if (accept(Kind::semicolon)) return;
  if (token.text == "require") return require();
  if (token.text == "define") return define();
  if (is_keyword(token.text)) not_flattened(token);
  chain();
  switch (lexer_.peek().kind) {
    case Kind::end:
    case Kind::semicolon:
    case Kind::word:
    case Kind::left_bracket: return;  // nothing needs to stand between statements
    case Kind::compound: not_flattened(lexer_.peek());
    default: unexpected("'->', ';' or another statement");
  }
}

// Moves behind the next semicolon, or to a word that begins a line and does not continue what is before it.
void Reader::skip_statement() {
  while (lexer_.peek().kind != Kind::end) {
    if (accept(Kind::semicolon)) return;
    Token passed = lexer_.peek();
    lexer_.skip_block();  // a block, or the single token
    if (lexer_.peek().kind != Kind::word) continue;
    if (passed.text == "{") return;  // elementclass X { ... } ends without a semicolon
    bool continued = passed.kind == Kind::arrow || passed.kind == Kind::double_colon || passed.kind == Kind::comma;
    if (lexer_.peek().landmark.line != passed.landmark.line && !continued) return;
  }
}

void Reader::require() {
  lexer_.next();
  Token opened = lexer_.peek();
  if (opened.kind != Kind::left_parenthesis) unexpected("'(' after require");
  for (std::string& requirement : split_arguments(lexer_.configuration())) {
    if (requirement.starts_with("library ")) not_flattened({Kind::word, "require(library ...)", opened.landmark});
    bool plain = std::all_of(requirement.begin(), requirement.end(), [](unsigned char c) {
      return isalnum(c) || std::string_view("_-./@+ ").find(char(c)) != std::string_view::npos;
    });
    if (!plain || requirement.empty()) {
      diagnostics_.push_back({opened.landmark, "require takes words, not '" + requirement + "'"});
    } else {
      builder_.require(std::move(requirement));
    }
  }
  accept(Kind::semicolon);
}

void Reader::define() {
  lexer_.next();
  Token opened = lexer_.peek();
  if (opened.kind != Kind::left_parenthesis) unexpected("'(' after define");
  variables_.define(lexer_.configuration(), opened.landmark, diagnostics_);
}

void Reader::chain() {
  Endpoint previous = endpoint(true);
  if (lexer_.peek().kind != Kind::arrow) builder_.mention(previous);
  while (lexer_.peek().kind == Kind::arrow) {
    lexer_.next();
    Endpoint next = endpoint(false);
    builder_.connect(previous, next);
    previous = std::move(next);
  }
  if (previous.output >= 0) tell(previous.landmark, "output port after '" + previous.name + "' has no '->' behind it");
}

int Reader::port() {
  lexer_.next();
  Token number = lexer_.peek();
  int value = 0;
  auto [end, error] = std::from_chars(number.text.data(), number.text.data() + number.text.size(), value);
  bool complete = error == std::errc() && end == number.text.data() + number.text.size();
  if (number.kind != Kind::word || !complete || value > 65535) {
    if (number.kind == Kind::right_bracket || number.kind == Kind::compound) not_flattened(number);
    unexpected("a port number");
  }
  lexer_.next();
  if (lexer_.peek().kind == Kind::comma || lexer_.peek().text == "-") not_flattened(lexer_.peek());
  if (!accept(Kind::right_bracket)) unexpected("']' after the port number");
  return value;
}

std::string Reader::configuration() {
  if (lexer_.peek().kind != Kind::left_parenthesis) return "";
  return std::string(lexer_.configuration());
}

Endpoint Reader::endpoint(bool first) {
  Endpoint point;
  point.landmark = lexer_.peek().landmark;
  if (lexer_.peek().kind == Kind::left_bracket) {
    if (first) tell(point.landmark, "input port before the first element of a chain: nothing is connected to it");
    point.input = port();
  }
  if (lexer_.peek().kind == Kind::left_parenthesis) not_flattened(lexer_.peek());
  Token element = name("an element");
  point.name = element.text;
  if (point.name == "input" || point.name == "output") not_flattened(element);
  if (first && lexer_.peek().kind == Kind::comma) {
    declare_listed({element});
    return point;
  }
  if (accept(Kind::double_colon)) {
    std::string_view class_name = name("an element class after '::'").text;
    builder_.declare(element.text, class_name, configuration(), element.landmark);
  } else if (lexer_.peek().kind == Kind::left_parenthesis) {
    point.name = builder_.declare_anonymous(element.text, configuration(), element.landmark);
  } else if (!builder_.declared(element.text) && is_class_(element.text)) {
    point.name = builder_.declare_anonymous(element.text, "", element.landmark);
  }
  if (lexer_.peek().kind == Kind::left_bracket) point.output = port();
  return point;
}

// a, b, c :: Class(configuration)
void Reader::declare_listed(std::vector<Token> names) {
  while (accept(Kind::comma)) {
    names.push_back(name("an element name after ','"));
  }
  if (lexer_.peek().kind == Kind::arrow) not_flattened(lexer_.peek());
  if (!accept(Kind::double_colon)) unexpected("'::' and the class of the elements listed");
  std::string_view class_name = name("an element class after '::'").text;
  std::string arguments = configuration();
  for (const Token& name : names) builder_.declare(name.text, class_name, arguments, name.landmark);
  if (lexer_.peek().kind == Kind::arrow) not_flattened(lexer_.peek());
}

}  // namespace

GraphDescription read_graph(std::string_view text, const std::string& file,
                            const std::function<bool(std::string_view)>& is_class, Diagnostics& diagnostics) {
  return Reader(text, file, is_class, diagnostics).read();
}

}  // namespace clickup
