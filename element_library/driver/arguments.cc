#include "driver/arguments.hh"

#include <algorithm>
#include <cctype>
#include <limits>

#include "driver/element.hh"
#include "driver/router.hh"

namespace clickup {
namespace {

bool is_keyword(std::string_view argument, std::string_view name) {
  return argument.size() > name.size() && argument.starts_with(name) &&
         isspace(static_cast<unsigned char>(argument[name.size()]));
}

std::string_view keyword_value(std::string_view argument, size_t name_length) {
  argument.remove_prefix(name_length);
  while (!argument.empty() && isspace(static_cast<unsigned char>(argument.front()))) argument.remove_prefix(1);
  return argument;
}

bool parse_value(std::string_view text, std::string& value) { return parse_string(text, value); }
bool parse_value(std::string_view text, uint64_t& value) { return parse_unsigned(text, value); }
bool parse_value(std::string_view text, int64_t& value) { return parse_integer(text, value); }
bool parse_value(std::string_view text, double& value) { return parse_real(text, value); }
bool parse_value(std::string_view text, bool& value) { return parse_bool(text, value); }
bool parse_value(std::string_view text, uint32_t& value) {
  uint64_t wide = 0;
  if (!parse_unsigned(text, wide) || wide > std::numeric_limits<uint32_t>::max()) return false;
  value = uint32_t(wide);
  return true;
}

const char* expected(const std::string&) { return "text whose quotes and \\<...> byte strings are complete"; }
const char* expected(const uint64_t&) { return "a whole number from 0"; }
const char* expected(const uint32_t&) { return "a whole number from 0 to 4294967295"; }
const char* expected(const int64_t&) { return "a whole number"; }
const char* expected(const double&) { return "a number"; }
const char* expected(const bool&) { return "true or false"; }

}  // namespace

Arguments::Arguments(std::vector<std::string> arguments, Router& router, Errors& errors, std::string_view left_out)
    : arguments_(std::move(arguments)),
      used_(arguments_.size()),
      router_(router),
      errors_(errors),
      left_out_(left_out) {}

bool Arguments::take_keyword(const char* name, std::string& text) {
  known_.emplace_back(name);
  bool found = false;
  for (size_t i = 0; i < arguments_.size(); ++i) {
    if (used_[i] || !is_keyword(arguments_[i], name)) continue;
    if (found) errors_.add(std::string(name) + " is given twice: keep one");
    found = true;
    used_[i] = true;
    text = keyword_value(arguments_[i], known_.back().size());
  }
  return found;
}

bool Arguments::take_positional(const char* name, bool required, std::string& text) {
  if (take_keyword(name, text)) return true;
  for (size_t i = 0; i < arguments_.size(); ++i) {
    if (used_[i] || looks_like_keyword(arguments_[i])) continue;
    used_[i] = true;
    positions_.emplace_back(name, i);
    text = arguments_[i];
    if (!text.empty() || required) return true;
    return false;  // an empty argument before a comma leaves an optional one out
  }
  if (required) errors_.add(std::string("argument ") + name + " is missing: it has no default");
  return false;
}

void Arguments::require_keyword(const char* name) {
  bool given = std::any_of(arguments_.begin(), arguments_.end(),
                           [name](const std::string& argument) { return is_keyword(argument, name); });
  if (!given) errors_.add(std::string("argument ") + name + " is missing: it has no default");
}

void Arguments::bad_value(const char* name, std::string_view text, const char* expected) {
  errors_.add(std::string(name) + " takes " + expected + ", not '" + std::string(text) + "'");
}

template <typename Value>
void Arguments::read_value(const char* name, std::string_view text, Value& value) {
  if (!parse_value(text, value)) bad_value(name, text, expected(value));
}

void Arguments::read_element(const char* name, const char* class_name, std::string_view text, Element*& value) {
  std::string element;
  if (!parse_string(text, element)) return bad_value(name, text, "the name of an element");
  Element* found = router_.find(element);
  if (!found) {
    errors_.add(std::string(name) + " names element '" + element + "', which is not declared: declare '" + element +
                " :: " + class_name + "(...)'");
  } else if (std::string_view(found->class_name()) != class_name) {
    errors_.add(std::string(name) + " names '" + element + "', which is of class " + found->class_name() + ", not " +
                class_name);
  } else {
    value = found;
  }
}

#define CLICKUP_POSITIONAL(Type)                                                                \
  Arguments& Arguments::positional(const char* name, Type& value, bool required) {              \
    if (std::string text; take_positional(name, required, text)) read_value(name, text, value); \
    return *this;                                                                               \
  }
#define CLICKUP_KEYWORD(Type)                                                      \
  Arguments& Arguments::keyword(const char* name, Type& value) {                   \
    if (std::string text; take_keyword(name, text)) read_value(name, text, value); \
    return *this;                                                                  \
  }
CLICKUP_POSITIONAL(std::string)
CLICKUP_POSITIONAL(uint64_t)
CLICKUP_POSITIONAL(uint32_t)
CLICKUP_POSITIONAL(int64_t)
CLICKUP_POSITIONAL(double)
CLICKUP_POSITIONAL(bool)
CLICKUP_KEYWORD(std::string)
CLICKUP_KEYWORD(uint64_t)
CLICKUP_KEYWORD(uint32_t)
CLICKUP_KEYWORD(int64_t)
CLICKUP_KEYWORD(double)
CLICKUP_KEYWORD(bool)
#undef CLICKUP_POSITIONAL
#undef CLICKUP_KEYWORD

Arguments& Arguments::keyword_duration(const char* name, double& seconds) {
  std::string text;
  if (take_keyword(name, text) && !parse_duration(text, seconds)) {
    bad_value(name, text, "a duration such as 5s, 200ms or 2min");
  }
  return *this;
}

Arguments& Arguments::positional_element(const char* name, const char* class_name, Element*& value, bool required) {
  if (std::string text; take_positional(name, required, text)) read_element(name, class_name, text, value);
  return *this;
}

Arguments& Arguments::keyword_element(const char* name, const char* class_name, Element*& value) {
  if (std::string text; take_keyword(name, text)) read_element(name, class_name, text, value);
  return *this;
}

std::vector<std::string> Arguments::rest() {
  std::vector<std::string> left;
  for (size_t i = 0; i < arguments_.size(); ++i) {
    if (used_[i]) continue;
    used_[i] = true;
    left.push_back(arguments_[i]);
  }
  return left;
}

std::string Arguments::unknown(const std::string& keyword, const std::string& accepted) const {
  for (std::string_view lines = left_out_; !lines.empty();) {
    std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    if (!line.starts_with(keyword + ": ")) continue;
    return keyword + ", which Click takes here, is left out: " + std::string(line.substr(keyword.size() + 2));
  }
  return "unknown keyword " + keyword + ": " + accepted;
}

void Arguments::finish(Errors& errors) {
  std::string accepted;
  for (const std::string& name : known_) accepted += (accepted.empty() ? "" : ", ") + name;
  accepted = known_.empty() ? "this class takes no arguments" : "this class takes " + accepted;
  for (size_t i = 0; i < arguments_.size(); ++i) {
    if (used_[i]) continue;
    used_[i] = true;
    if (looks_like_keyword(arguments_[i])) {
      std::string keyword = arguments_[i].substr(0, arguments_[i].find_first_of(" \t\r\n"));
      errors.add(unknown(keyword, accepted));
    } else {
      errors.add("unexpected argument '" + arguments_[i] + "': " + accepted);
    }
  }
}

}  // namespace clickup
