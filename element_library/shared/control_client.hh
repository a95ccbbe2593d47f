// One connection of a control socket.
#pragma once

#include <memory>
#include <string>

#include "shared/control_command.hh"
#include "shared/control_socket.hh"

namespace clickup {

struct ControlSocket::Client : std::enable_shared_from_this<Client> {
  Client(int socket, HandlerDirectory& handlers) : fd(socket), directory(handlers) {}

  void receive();   // reads the available input and executes it
  bool transmit();  // sends as much as the kernel takes; false: the connection is closed
  bool full() const { return input.size() > ControlSocket::kMaxInput || output.size() > ControlSocket::kMaxOutput; }

  FileDescriptor fd;
  HandlerDirectory& directory;
  std::string input, output;
  bool waiting = false;       // for a deferred reply
  bool executing = false;     // in the loop of execute(), which must not be entered twice
  bool progressed = false;    // the last look at the input found commands
  bool closing = false;       // close once the output is sent
  bool peer_done = false;     // the client will send nothing more
  bool skip_newline = false;  // a line ended with CR alone; an LF that follows later still belongs to it

 private:
  void execute();
  void perform_input();
  void perform(const ControlCommand& command);
  void check(const ControlCommand& command, bool write);
  void call(const ControlCommand& command, bool write);
  void answer(const std::string& name, bool write, const HandlerReply& reply);
  void drop_late_newline();
};

}  // namespace clickup
