// Cuts the byte stream of a control connection into commands.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace clickup {

enum class ControlVerb { none, read, write, check_read, check_write, llrpc, quit, help, unknown, malformed, too_big };

struct ControlCommand {
  ControlVerb verb = ControlVerb::none;  // none: an empty line
  std::string_view word;                 // the verb as written
  std::string_view handler;
  std::string data;   // parameters of a read, value of a write
  std::string error;  // why it is malformed
};

// Takes the first complete command from `input`. Returns how many bytes it used, 0 when more input is needed (which is
// also what an input longer than `limit` without a complete command gets, as too_big, using everything).
// `handler` and `word` point into `input`.
size_t parse_control_command(std::string_view input, size_t limit, ControlCommand& command);

}  // namespace clickup
