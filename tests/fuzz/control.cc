// The control protocol: a stream is cut into the same commands in whatever pieces it arrives, and no input on one
// connection harms the others.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>

#include "fuzz/input.hh"
#include "shared/control_command.hh"
#include "shared/control_socket.hh"

using namespace clickup;

namespace {

constexpr size_t kLimit = 4096;

struct Command {
  ControlVerb verb;
  std::string handler, data;
  bool operator==(const Command&) const = default;
};

// Tries to take a command whenever `step` more bytes have arrived.
std::vector<Command> commands(std::string_view stream, size_t step) {
  std::vector<Command> found;
  for (size_t begin = 0, end = std::min(step, stream.size()); begin < stream.size();) {
    ControlCommand command;
    size_t used = parse_control_command(stream.substr(begin, end - begin), kLimit, command);
    PROMISE(used <= end - begin);
    if (used == 0 && end == stream.size()) break;
    if (used == 0) end = std::min(end + step, stream.size());
    begin += used;
    if (used > 0 && command.verb == ControlVerb::too_big) break;  // the connection ends
    if (used > 0 && command.verb != ControlVerb::none)
      found.push_back({command.verb, std::string(command.handler), command.data});
  }
  return found;
}

class Handlers : public HandlerDirectory {
 public:
  void read(std::string_view name, std::string_view parameters, ReplyFunction reply) override {
    if (name.size() % 7 == 3) return later.push_back(std::move(reply));
    reply({check(name, false), std::string(parameters)});
  }
  void write(std::string_view name, std::string_view value, ReplyFunction reply) override {
    for (const auto& waiting : std::exchange(later, {})) waiting({220, std::string(value)});
    reply({check(name, true), std::string(value.substr(0, 80))});
  }
  int check(std::string_view name, bool write) override {
    constexpr int kCodes[] = {200, 510, 511, 530};
    return kCodes[(name.size() + write) % 4];
  }
  std::vector<ReplyFunction> later;
};

// A server and its clients in one process.
class Server {
 public:
  Server() : listener_(listen()), socket_(listener_, handlers_) {}

  int connect() const {
    int client = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    PROMISE(::connect(client, reinterpret_cast<const sockaddr*>(&address_), length_) == 0);
    return client;
  }
  void serve() {
    std::vector<pollfd> polled;
    socket_.add_poll(polled);
    for (pollfd& one : polled) one.revents = one.events;
    socket_.serve(polled);
  }
  void answer_all() {
    for (const auto& waiting : std::exchange(handlers_.later, {})) waiting({200, "late"});
  }
  void end() { socket_.close_clients(); }

 private:
  int listen() {
    address_.sun_family = AF_UNIX;
    int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    PROMISE(::bind(listener, reinterpret_cast<sockaddr*>(&address_), sizeof address_.sun_family) == 0);  // any name
    PROMISE(::listen(listener, 16) == 0);
    PROMISE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address_), &length_) == 0);
    return listener;
  }
  sockaddr_un address_{};
  socklen_t length_ = sizeof address_;
  int listener_;
  Handlers handlers_;
  ControlSocket socket_;
};

std::string received(int client) {
  std::string text(1 << 16, '\0');
  ssize_t count = ::recv(client, text.data(), text.size(), MSG_DONTWAIT);
  text.resize(count > 0 ? size_t(count) : 0);
  return text;
}

void talk(std::string_view stream) {
  static Server server;
  int client = server.connect(), other = server.connect();
  server.serve();
  PROMISE(received(client).starts_with("Click::ControlSocket/1.3\r\n"));
  for (size_t step = 1 + stream.size() / 3; !stream.empty(); stream.remove_prefix(std::min(step, stream.size()))) {
    ::send(client, stream.data(), std::min(step, stream.size()), MSG_DONTWAIT | MSG_NOSIGNAL);
    server.serve();
    received(client);
  }
  server.answer_all();
  received(other);
  PROMISE(::send(other, "HELP\r\n", 6, MSG_NOSIGNAL) == 6);
  server.serve();
  PROMISE(received(other).starts_with("200"));
  ::close(client);
  ::close(other);
  server.serve();
  server.end();
  server.answer_all();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view stream(reinterpret_cast<const char*>(data), std::min<size_t>(size, 2 * kLimit));
  std::vector<Command> whole = commands(stream, stream.size());
  PROMISE(commands(stream, 5) == whole);
  talk(stream);
  return 0;
}
