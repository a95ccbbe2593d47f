#include "supervisor/handlers.hh"

#include <array>

namespace clickup {
namespace {

constexpr std::array<std::string_view, 5> kReads{"version", "handlers", "list", "log", "status"};
constexpr std::array<std::string_view, 7> kWrites{"takeover",    "confirm", "revert", "checkpoint",
                                                  "checkpoints", "share",   "stop"};

template <typename Names>
bool holds(const Names& names, std::string_view name) {
  for (std::string_view known : names)
    if (known == name) return true;
  return false;
}

std::string handler_list() {
  std::string text;
  for (std::string_view name : kReads) text += std::string(name) + "\tr\n";
  for (std::string_view name : kWrites) text += std::string(name) + "\tw\n";
  return text;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

std::string complaint(int code, std::string_view name) {
  std::string quoted = "'" + std::string(name) + "'";
  if (code == 510) return "No element of " + quoted + ": a supervisor has none, ask the worker on control.sock";
  if (code == 530) return "Handler " + quoted + " does not work in this direction";
  return "No handler " + quoted + "; read `handlers` for those that exist";
}

}  // namespace

int SupervisorHandlers::check(std::string_view name, bool write) {
  if (name.find('.') != std::string_view::npos) return 510;
  bool readable = holds(kReads, name), writable = holds(kWrites, name);
  if (!readable && !writable) return 511;
  return (write ? writable : readable) ? 200 : 530;
}

void SupervisorHandlers::read(std::string_view name, std::string_view, ReplyFunction reply) {
  if (int code = check(name, false); code != 200) return reply({code, complaint(code, name)});
  if (name == "version") return reply({200, "click-up supervisor " + std::to_string(kProtocol)});
  if (name == "handlers") return reply({200, handler_list()});
  if (name == "list") return reply({200, "0\n"});
  if (name == "log") return reply({200, log_.recent()});
  reply({200, supervisor_.status()});
}

void SupervisorHandlers::write(std::string_view name, std::string_view value, ReplyFunction reply) {
  if (int code = check(name, true); code != 200) return reply({code, complaint(code, name)});
  if (name == "takeover") return supervisor_.takeover(value, std::move(reply));
  if (name == "confirm") return reply(supervisor_.confirm(trimmed(value)));
  if (name == "revert") return supervisor_.revert(trimmed(value), std::move(reply));
  if (name == "checkpoint") return supervisor_.checkpoint(trimmed(value), std::move(reply));
  if (name == "checkpoints") return reply(supervisor_.change_checkpoints(value));
  if (name == "share") return reply(supervisor_.change_share(value));
  supervisor_.stop(std::move(reply));
}

}  // namespace clickup
