#include "shared/control_client.hh"

#include <sys/socket.h>

#include <cerrno>

namespace clickup {
namespace {

std::string_view default_text(int code) {
  switch (code) {
    case 510: return "No such element";
    case 511: return "No such handler";
    case 530: return "Permission denied";
    case 540: return "No router is running";
    default: return "Handler error";
  }
}

// "NNN-line" for every line but the last, "NNN last".
void append_lines(std::string& out, int code, std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  for (bool more = true; more;) {
    size_t end = text.find('\n');
    more = end != std::string_view::npos;
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    out.append(std::to_string(code)).append(more ? "-" : " ").append(line).append("\r\n");
    if (more) text.remove_prefix(end + 1);
  }
}

constexpr std::string_view kHelp =
    "Commands:\n"
    "READ handler [parameters]     GET is the same\n"
    "READDATA handler bytes        parameters follow the line\n"
    "READUNTIL handler [end]       parameters follow, up to a line equal to end\n"
    "WRITE handler [value]         SET is the same\n"
    "WRITEDATA handler bytes       the value follows the line\n"
    "WRITEUNTIL handler [end]      the value follows, up to a line equal to end\n"
    "CHECKREAD handler\n"
    "CHECKWRITE handler\n"
    "QUIT                          CLOSE is the same\n"
    "HELP";

}  // namespace

void ControlSocket::Client::receive() {
  char chunk[16384];
  while (fd && !full()) {
    ssize_t count = ::recv(fd.get(), chunk, sizeof chunk, MSG_DONTWAIT);
    if (count > 0) {
      input.append(chunk, size_t(count));
      drop_late_newline();
    } else {
      if (count < 0 && errno == EINTR) continue;
      if (count == 0) peer_done = true;
      if (count < 0 && errno != EAGAIN) fd.reset();
      break;
    }
  }
  execute();
}

bool ControlSocket::Client::transmit() {
  while (fd && !output.empty()) {
    ssize_t count = ::send(fd.get(), output.data(), output.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return true;
    if (count < 0) fd.reset();
    else output.erase(0, size_t(count));
  }
  if (closing || (peer_done && !waiting && !progressed)) fd.reset();
  return bool(fd);
}

void ControlSocket::Client::execute() {
  if (executing) return;
  executing = true;
  do perform_input();  // again, when sending has made room for more output
  while (transmit() && output.size() <= ControlSocket::kMaxOutput && progressed);
  executing = false;
}

void ControlSocket::Client::perform_input() {
  bool ended_with_cr = false;
  size_t used = 0;
  while (fd && !waiting && !closing && output.size() <= ControlSocket::kMaxOutput) {
    std::string_view rest = std::string_view(input).substr(used);
    ControlCommand command;
    size_t length = parse_control_command(rest, ControlSocket::kMaxInput, command);
    if (length == 0) break;
    ended_with_cr = rest[length - 1] == '\r' && length == rest.size();
    used += length;
    perform(command);
  }
  progressed = used > 0;
  input.erase(0, used);
  skip_newline = skip_newline || ended_with_cr;
}

void ControlSocket::Client::perform(const ControlCommand& command) {
  switch (command.verb) {
    case ControlVerb::none: return;
    case ControlVerb::read: return call(command, false);
    case ControlVerb::write: return call(command, true);
    case ControlVerb::check_read: return check(command, false);
    case ControlVerb::check_write: return check(command, true);
    case ControlVerb::llrpc: return append_lines(output, 501, "LLRPC is not supported, use READ and WRITE");
    case ControlVerb::quit: closing = true; return append_lines(output, 200, "Goodbye!");
    case ControlVerb::help: return append_lines(output, 200, kHelp);
    case ControlVerb::unknown:
      return append_lines(output, 501, "Command '" + std::string(command.word) + "' is not implemented, try HELP");
    case ControlVerb::malformed: return append_lines(output, 500, command.error);
    case ControlVerb::too_big:  // data that follows could be mistaken for commands
      closing = true;
      return append_lines(output, 521, "Command with more than " + std::to_string(ControlSocket::kMaxInput) + " bytes");
  }
}

void ControlSocket::Client::check(const ControlCommand& command, bool write) {
  int code = directory.check(command.handler, write);
  std::string name(command.handler);
  std::string kind = write ? "Write" : "Read";
  append_lines(
      output, code,
      code == 200 ? kind + " handler '" + name + "' OK" : std::string(default_text(code)) + ": '" + name + "'");
}

void ControlSocket::Client::call(const ControlCommand& command, bool write) {
  waiting = true;
  auto reply = [weak = weak_from_this(), name = std::string(command.handler), write](HandlerReply answer) {
    if (auto client = weak.lock(); client && client->waiting) client->answer(name, write, answer);
  };
  if (write) directory.write(command.handler, command.data, reply);
  else directory.read(command.handler, command.data, reply);
}

void ControlSocket::Client::answer(const std::string& name, bool write, const HandlerReply& reply) {
  waiting = false;
  bool done = reply.code == 200 || reply.code == 220;
  if (done && !write) {
    output.append("200 Read handler '" + name + "' OK\r\nDATA " + std::to_string(reply.text.size()) + "\r\n");
    output.append(reply.text);
  } else if (done) {
    std::string head = "Write handler '" + name + "' OK";
    if (reply.code == 220) head += " with warnings:\n" + reply.text;
    append_lines(output, reply.code, reply.code == 200 && !reply.text.empty() ? reply.text : head);
  } else {
    append_lines(output, reply.code, reply.text.empty() ? default_text(reply.code) : reply.text);
  }
  execute();
}

void ControlSocket::Client::drop_late_newline() {
  if (!skip_newline || input.empty()) return;
  if (input.front() == '\n') input.erase(0, 1);
  skip_newline = false;
}

}  // namespace clickup
