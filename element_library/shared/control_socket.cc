#include "shared/control_socket.hh"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "shared/control_client.hh"

namespace clickup {
ControlSocket::ControlSocket(int listener, HandlerDirectory& directory) : listener_(listener), directory_(directory) {
  ::fcntl(listener, F_SETFL, ::fcntl(listener, F_GETFL) | O_NONBLOCK);
}

ControlSocket::~ControlSocket() = default;

void ControlSocket::add_poll(std::vector<pollfd>& polled) const {
  if (accepting_ && clients_.size() < kMaxClients) polled.push_back({listener_.get(), POLLIN, 0});
  for (const auto& client : clients_) {
    short events = short((client->full() || client->peer_done ? 0 : POLLIN) | (client->output.empty() ? 0 : POLLOUT));
    // A negative descriptor is skipped by poll: a client that only waits for us must not spin on its hang-up.
    polled.push_back({events ? client->fd.get() : -1, events, 0});
  }
}

void ControlSocket::serve(std::span<const pollfd> polled) {
  auto clients = clients_;  // handlers may close clients
  for (const pollfd& ready : polled) {
    if (ready.fd < 0 || ready.revents == 0) continue;
    if (ready.fd == listener_.get()) {
      accept_clients();
      continue;
    }
    for (const auto& client : clients) {
      if (client->fd.get() != ready.fd) continue;
      if (ready.revents & POLLOUT) client->transmit();
      client->receive();
      break;
    }
  }
  drop_closed();
}

void ControlSocket::accept_clients() {
  while (accepting_ && clients_.size() < kMaxClients) {
    int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    auto client = std::make_shared<Client>(fd, directory_);
    client->output = "Click::ControlSocket/1.3\r\n";
    clients_.push_back(client);
    client->transmit();
  }
}

void ControlSocket::drop_closed() {
  std::erase_if(clients_, [](const auto& client) { return !client->fd; });
}

void ControlSocket::close_clients() {
  for (const auto& client : clients_) client->fd.reset();
  clients_.clear();
}

bool ControlSocket::flushed() const {
  return std::all_of(clients_.begin(), clients_.end(), [](const auto& client) { return client->output.empty(); });
}

std::string listen_unix(const std::string& path, FileDescriptor& listener) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return "cannot listen on '" + path + "': the path has " + std::to_string(path.size()) +
           " bytes and 107 are possible; choose a shorter directory";
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  auto failed = [&path](const char* call) {
    return "cannot listen on '" + path + "': " + call + ": " + std::strerror(errno);
  };
  listener.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener) return failed("socket");
  if (::connect(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN)
    return "cannot listen on '" + path + "': another process answers there; stop it or choose another path";
  struct stat status;
  if (::lstat(path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode))
    return "cannot listen on '" + path + "': a file that is not a socket is in the way; remove it";
  ::unlink(path.c_str());
  listener.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener) return failed("socket");
  if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return failed("bind");
  if (::chmod(path.c_str(), 0600) != 0) return failed("chmod");
  if (::listen(listener.get(), 64) != 0) return failed("listen");
  return {};
}

}  // namespace clickup
