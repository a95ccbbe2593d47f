#include "shared/control_command.hh"

#include <array>
#include <charconv>

namespace clickup {
namespace {

constexpr std::string_view kBlank = " \t\f\v";

enum class Payload { rest_of_line, counted, until, nothing };

struct VerbRule {
  std::string_view word;
  ControlVerb verb;
  Payload payload;
  bool needs_handler;
};

constexpr std::array<VerbRule, 14> kVerbs{{
    {"READ", ControlVerb::read, Payload::rest_of_line, true},
    {"GET", ControlVerb::read, Payload::rest_of_line, true},
    {"READDATA", ControlVerb::read, Payload::counted, true},
    {"READUNTIL", ControlVerb::read, Payload::until, true},
    {"WRITE", ControlVerb::write, Payload::rest_of_line, true},
    {"SET", ControlVerb::write, Payload::rest_of_line, true},
    {"WRITEDATA", ControlVerb::write, Payload::counted, true},
    {"WRITEUNTIL", ControlVerb::write, Payload::until, true},
    {"CHECKREAD", ControlVerb::check_read, Payload::nothing, true},
    {"CHECKWRITE", ControlVerb::check_write, Payload::nothing, true},
    {"LLRPC", ControlVerb::llrpc, Payload::rest_of_line, false},
    {"QUIT", ControlVerb::quit, Payload::nothing, false},
    {"CLOSE", ControlVerb::quit, Payload::nothing, false},
    {"HELP", ControlVerb::help, Payload::rest_of_line, false},
}};

bool same_word(std::string_view written, std::string_view upper) {
  if (written.size() != upper.size()) return false;
  for (size_t i = 0; i < written.size(); ++i) {
    char c = written[i];
    if (c >= 'a' && c <= 'z') c = char(c - 'a' + 'A');
    if (c != upper[i]) return false;
  }
  return true;
}

// The first line and the bytes it uses with its end (CR, LF or CRLF); 0 when it is not complete.
size_t take_line(std::string_view input, std::string_view& line) {
  size_t end = input.find_first_of("\r\n");
  if (end == std::string_view::npos) return 0;
  line = input.substr(0, end);
  bool pair = input[end] == '\r' && end + 1 < input.size() && input[end + 1] == '\n';
  return end + (pair ? 2 : 1);
}

std::string_view take_word(std::string_view& line) {
  size_t begin = line.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) begin = line.size();
  size_t end = line.find_first_of(kBlank, begin);
  if (end == std::string_view::npos) end = line.size();
  std::string_view word = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return word;
}

std::string_view without_blanks(std::string_view text) {
  size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

void malformed(ControlCommand& command, std::string error) {
  command.verb = ControlVerb::malformed;
  command.error = std::move(error);
}

size_t counted(std::string_view input, size_t used, std::string_view rest, size_t limit, ControlCommand& command) {
  std::string_view word = take_word(rest);
  size_t count = 0;
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), count);
  if (word.empty() || end != word.data() + word.size() || !without_blanks(rest).empty()) {
    malformed(command, std::string(command.word) + " needs a handler and a number of bytes");
    return used;
  }
  if (error != std::errc{} || count > limit) {
    command.verb = ControlVerb::too_big;
    return input.size();
  }
  if (input.size() - used < count) return 0;
  command.data = input.substr(used, count);
  return used + count;
}

size_t until(std::string_view input, size_t used, std::string_view terminator, ControlCommand& command) {
  for (std::string_view line; size_t length = take_line(input.substr(used), line); used += length) {
    if (line == terminator) return used + length;
    command.data.append(line).push_back('\n');
  }
  command.data.clear();
  return 0;
}

const VerbRule* find_verb(std::string_view word) {
  for (const VerbRule& rule : kVerbs)
    if (same_word(word, rule.word)) return &rule;
  return nullptr;
}

size_t parse(std::string_view input, size_t limit, ControlCommand& command) {
  std::string_view rest;
  size_t used = take_line(input, rest);
  if (used == 0) return 0;
  command.word = take_word(rest);
  if (command.word.empty()) return used;
  const VerbRule* rule = find_verb(command.word);
  command.verb = rule ? rule->verb : ControlVerb::unknown;
  if (!rule) return used;
  if (rule->needs_handler) {
    command.handler = take_word(rest);
    if (command.handler.empty()) malformed(command, std::string(command.word) + " needs the name of a handler");
    if (command.handler.empty()) return used;
  }
  switch (rule->payload) {
    case Payload::counted: return counted(input, used, rest, limit, command);
    case Payload::until: return until(input, used, without_blanks(rest), command);
    case Payload::rest_of_line: command.data = without_blanks(rest); break;
    case Payload::nothing:
      if (!without_blanks(rest).empty()) malformed(command, std::string(command.word) + " has too many words");
  }
  return used;
}

}  // namespace

size_t parse_control_command(std::string_view input, size_t limit, ControlCommand& command) {
  command = {};
  size_t used = parse(input, limit, command);
  if (used == 0 && input.size() > limit) {
    command = {};
    command.verb = ControlVerb::too_big;
    return input.size();
  }
  return used;
}

}  // namespace clickup
