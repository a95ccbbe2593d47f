// Values as Click writes them in element arguments and handlers.
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "driver/arguments.hh"
#include "driver/quoting.hh"

namespace clickup {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The bytes between "\<" and ">": pairs of hexadecimal digits, blanks and comments anywhere between them.
bool append_bytes(std::string_view text, std::string& value) {
  int high = -1;
  for (size_t i = 0; i < text.size(); ++i) {
    if (isspace(static_cast<unsigned char>(text[i]))) continue;
    if (Span span = span_at(text, i); span.kind == SpanKind::comment) {
      i = span.end - 1;
      continue;
    }
    int digit = hex_digit(text[i]);
    if (digit < 0) return false;
    if (high < 0) {
      high = digit;
    } else {
      value += char(high * 16 + digit);
      high = -1;
    }
  }
  return high < 0;
}

// The escape sequence at text[at] == '\\' within double quotes; returns the index after it, 0 when it is wrong.
size_t append_escape(std::string_view text, size_t at, std::string& value) {
  if (at + 1 >= text.size()) return 0;
  char c = text[at + 1];
  if (c == '<') {
    size_t end = text.find('>', at);
    if (end == std::string_view::npos || !append_bytes(text.substr(at + 2, end - at - 2), value)) return 0;
    return end + 1;
  }
  if (c >= '0' && c <= '7') {
    int code = 0;
    size_t i = at + 1;
    for (; i < text.size() && i < at + 4 && text[i] >= '0' && text[i] <= '7'; ++i) code = code * 8 + text[i] - '0';
    value += char(code);
    return i;
  }
  if (c == 'x') {
    int code = 0;
    size_t i = at + 2;
    for (; i < text.size() && i < at + 4 && hex_digit(text[i]) >= 0; ++i) code = code * 16 + hex_digit(text[i]);
    value += char(code);
    return i;
  }
  constexpr std::string_view names = "nrtabfv", codes = "\n\r\t\a\b\f\v";
  size_t known = names.find(c);
  if (known != std::string_view::npos) {
    value += codes[known];
  } else if (c != '\n') {  // a backslash at the end of a line joins the lines
    value += c;
  }
  return at + 2;
}

bool append_double_quoted(std::string_view inner, std::string& value) {
  for (size_t i = 0; i < inner.size();) {
    if (inner[i] != '\\') {
      value += inner[i++];
    } else if ((i = append_escape(inner, i, value)) == 0) {
      return false;
    }
  }
  return true;
}

// The base that the first characters tell, which are taken away where they are no digits.
int base_of(std::string_view& text) {
  bool zero = text.size() > 2 && text[0] == '0';
  int base = zero && (text[1] == 'x' || text[1] == 'X') ? 16 : zero && (text[1] == 'b' || text[1] == 'B') ? 2 : 0;
  if (base != 0) text.remove_prefix(2);
  else base = text.starts_with('0') ? 8 : 10;
  return base;
}

bool append_span(std::string_view span, std::string& value) {
  if (span[0] == '"') return append_double_quoted(span.substr(1, span.size() - 2), value);
  if (span[0] == '\'') {
    value += span.substr(1, span.size() - 2);
    return true;
  }
  return append_bytes(span.substr(2, span.size() - 3), value);
}

}  // namespace

bool parse_unsigned(std::string_view text, uint64_t& value) {
  int base = base_of(text);
  std::string digits;
  for (size_t i = 0; i < text.size(); ++i) {
    bool between = text[i] == '_' && i > 0 && i + 1 < text.size() && text[i - 1] != '_';
    if (!between) digits += text[i];
  }
  uint64_t number = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return false;
  value = number;
  return true;
}

bool parse_integer(std::string_view text, int64_t& value) {
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  uint64_t magnitude = 0;
  constexpr auto largest = uint64_t(std::numeric_limits<int64_t>::max());
  if (!parse_unsigned(text, magnitude) || magnitude > largest + (negative ? 1 : 0)) return false;
  value = negative ? int64_t(0 - magnitude) : int64_t(magnitude);
  return true;
}

// strtod, since not every standard library has from_chars for doubles; the worker stays in the C locale.
bool parse_real(std::string_view text, double& value) {
  if (text.empty() || text.find_first_not_of("+-.0123456789eE") != std::string_view::npos) return false;
  std::string digits(text);
  char* end = nullptr;
  double number = std::strtod(digits.c_str(), &end);
  if (*end != '\0' || !std::isfinite(number)) return false;
  value = number;
  return true;
}

bool parse_bool(std::string_view text, bool& value) {
  if (text == "true" || text == "yes" || text == "t" || text == "y" || text == "1") {
    value = true;
  } else if (text == "false" || text == "no" || text == "f" || text == "n" || text == "0") {
    value = false;
  } else {
    return false;
  }
  return true;
}

bool parse_duration(std::string_view text, double& seconds) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  static constexpr Unit units[] = {{"", 1},      {"s", 1},       {"sec", 1},   {"ms", 1e-3},   {"msec", 1e-3},
                                   {"us", 1e-6}, {"usec", 1e-6}, {"ns", 1e-9}, {"nsec", 1e-9}, {"m", 60},
                                   {"min", 60},  {"h", 3600},    {"hr", 3600}, {"d", 86400},   {"day", 86400}};
  size_t last = text.find_last_of("0123456789.");
  size_t digits = last == std::string_view::npos ? 0 : last + 1;
  std::string_view name = trimmed(text.substr(digits));
  double number = 0;
  if (text.starts_with('-') || !parse_real(text.substr(0, digits), number)) return false;
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    seconds = number * unit.seconds;
    return true;
  }
  return false;
}

bool parse_string(std::string_view text, std::string& value) {
  std::string result;
  for (size_t i = 0; i < text.size();) {
    Span span = span_at(text, i);
    if (span.kind == SpanKind::none) {
      result += text[i++];
      continue;
    }
    if (!span.ended) return false;
    if (span.kind != SpanKind::comment && !append_span(text.substr(i, span.end - i), result)) return false;
    i = span.end;
  }
  value = std::move(result);
  return true;
}

std::vector<std::string> split_arguments(std::string_view text) {
  std::vector<std::string> arguments;
  std::string current;
  auto end_argument = [&] {
    arguments.emplace_back(trimmed(current));
    current.clear();
  };
  for (size_t i = 0; i < text.size();) {
    Span span = span_at(text, i);
    if (span.kind == SpanKind::comment) {
      current += ' ';
      i = span.end;
    } else if (span.kind != SpanKind::none) {
      current += text.substr(i, span.end - i);
      i = span.end;
    } else if (text[i] == ',') {
      end_argument();
      ++i;
    } else {
      current += text[i++];
    }
  }
  end_argument();
  if (arguments.back().empty()) arguments.pop_back();  // no arguments, or a comma after the last one
  return arguments;
}

std::string quote_string(std::string_view value) {
  std::string quoted = "\"";
  for (char c : value) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\' || c == '$') {
      quoted += '\\';
      quoted += c;
    } else if (byte >= 0x20 && byte != 0x7f) {
      quoted += c;
    } else {
      constexpr char digits[] = "0123456789ABCDEF";
      quoted += {'\\', '<', digits[byte >> 4], digits[byte & 15], '>'};
    }
  }
  return quoted + '"';
}

bool looks_like_keyword(std::string_view text) {
  size_t length = 0;
  while (length < text.size() && (isupper(static_cast<unsigned char>(text[length])) || text[length] == '_' ||
                                  (length > 0 && isdigit(static_cast<unsigned char>(text[length]))))) {
    ++length;
  }
  return length >= 2 && length < text.size() && isspace(static_cast<unsigned char>(text[length]));
}

}  // namespace clickup
