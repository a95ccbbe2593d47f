// An element's configuration arguments, read as Click's Args reads them: positional first, then KEYWORD value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clickup {

class Errors;
class Element;
class Router;

// Each reader takes the next positional argument, or the keyword argument of that name, and reports a bad value to
// the Errors given at construction. A value left out keeps what the variable had.
class Arguments {
 public:
  // `left_out` are lines of "NAME: why", as in ElementClass.
  Arguments(std::vector<std::string> arguments, Router& router, Errors& errors, std::string_view left_out = {});

  Arguments& positional(const char* name, std::string& value, bool required = true);
  Arguments& positional(const char* name, uint64_t& value, bool required = true);
  Arguments& positional(const char* name, uint32_t& value, bool required = true);
  Arguments& positional(const char* name, int64_t& value, bool required = true);
  Arguments& positional(const char* name, double& value, bool required = true);
  Arguments& positional(const char* name, bool& value, bool required = true);
  Arguments& keyword(const char* name, std::string& value);
  Arguments& keyword(const char* name, uint64_t& value);
  Arguments& keyword(const char* name, uint32_t& value);
  Arguments& keyword(const char* name, int64_t& value);
  Arguments& keyword(const char* name, double& value);
  Arguments& keyword(const char* name, bool& value);
  // A mandatory keyword.
  template <typename Value>
  Arguments& required_keyword(const char* name, Value& value) {
    require_keyword(name);
    return keyword(name, value);
  }
  Arguments& keyword_duration(const char* name, double& seconds);
  // An element that this one names (a state); reports when it is missing or of another class.
  Arguments& positional_element(const char* name, const char* class_name, Element*& value, bool required = true);
  Arguments& keyword_element(const char* name, const char* class_name, Element*& value);
  // All positional arguments not read yet (Classifier patterns, IPFilter rules), raw; keywords are not recognised.
  std::vector<std::string> rest();
  // Reports arguments that were not read.
  void finish(Errors& errors);
  // The index of the argument of each parameter that was given by position.
  const std::vector<std::pair<std::string, size_t>>& positions() const { return positions_; }

 private:
  std::string unknown(const std::string& keyword, const std::string& accepted) const;
  bool take_positional(const char* name, bool required, std::string& text);
  bool take_keyword(const char* name, std::string& text);
  void require_keyword(const char* name);
  void bad_value(const char* name, std::string_view text, const char* expected);
  template <typename Value>
  void read_value(const char* name, std::string_view text, Value& value);
  void read_element(const char* name, const char* class_name, std::string_view text, Element*& value);
  std::vector<std::string> arguments_;
  std::vector<bool> used_;
  std::vector<std::string> known_;  // parameters asked for so far
  std::vector<std::pair<std::string, size_t>> positions_;
  Router& router_;
  Errors& errors_;
  std::string_view left_out_;
};

// Values as Click writes them.
bool parse_unsigned(std::string_view text, uint64_t& value);  // 10, 0xa, 012 (octal), 0b1010, 1_000
bool parse_integer(std::string_view text, int64_t& value);
bool parse_real(std::string_view text, double& value);
bool parse_bool(std::string_view text, bool& value);          // true false yes no t f y n 1 0
bool parse_duration(std::string_view text, double& seconds);  // 5, 5s, 200ms, 10us, 2min, 1h, 1e-3
// A quoted string, an \<68656C6C6F> byte string, or bare words; the result may hold any byte.
bool parse_string(std::string_view text, std::string& value);
std::vector<std::string> split_arguments(std::string_view text);  // at top-level commas, outside quotes and \<...>
// The value in double quotes, so that parse_string gives it back; any byte may occur.
std::string quote_string(std::string_view value);
// True when `text` starts with what looks like a keyword and a value: an upper-case word and a space.
bool looks_like_keyword(std::string_view text);

}  // namespace clickup
