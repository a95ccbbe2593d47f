// Server of Click's control protocol, version 1.3, over a UNIX stream socket. Single-threaded and non-blocking: its
// owner polls the descriptors and calls serve(); a slow or silent client never delays anybody else.
#pragma once

#include <poll.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/file_descriptor.hh"

namespace clickup {

// code 200: text is the data of a read, or a remark on a write (may be empty); 220: done with warnings in text;
// any other code: text says what failed, one line or several.
struct HandlerReply {
  int code = 200;
  std::string text;
};
using ReplyFunction = std::function<void(HandlerReply)>;

// The handlers behind a control socket. `name` is as the client wrote it: "element.handler", "3.handler" or "handler".
// `reply` is called once, at once or later from the same thread; calling it after the client has gone is harmless.
class HandlerDirectory {
 public:
  virtual ~HandlerDirectory() = default;
  virtual void read(std::string_view name, std::string_view parameters, ReplyFunction reply) = 0;
  virtual void write(std::string_view name, std::string_view value, ReplyFunction reply) = 0;
  // 200 when the handler can be read (written), else 510 no such element, 511 no such handler, 530 wrong direction.
  virtual int check(std::string_view name, bool write) = 0;
};

class ControlSocket {
 public:
  static constexpr size_t kMaxInput = 1u << 20;   // one command with its data
  static constexpr size_t kMaxOutput = 4u << 20;  // unread replies after which a client's commands wait
  static constexpr size_t kMaxClients = 64;

  // Takes over `listener` (made non-blocking).
  ControlSocket(int listener, HandlerDirectory& directory);
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  // Appends what is to be polled: the listener while accepting, every client.
  void add_poll(std::vector<pollfd>& polled) const;
  // Reads, executes and answers; `polled` may hold other descriptors too, they are ignored.
  void serve(std::span<const pollfd> polled);
  // A worker that does not forward leaves connections in the listener's queue for the one that does.
  void set_accepting(bool accepting) { accepting_ = accepting; }
  void close_clients();
  // False while any client still has unread replies.
  bool flushed() const;

 private:
  struct Client;
  void accept_clients();
  void drop_closed();

  FileDescriptor listener_;
  HandlerDirectory& directory_;
  bool accepting_ = true;
  std::vector<std::shared_ptr<Client>> clients_;
};

// Listens on `path`, replacing a socket that nobody answers on; mode 0600. Returns an empty string on success, else why
// not (path longer than 107 bytes, in use, ...).
std::string listen_unix(const std::string& path, FileDescriptor& listener);

}  // namespace clickup
