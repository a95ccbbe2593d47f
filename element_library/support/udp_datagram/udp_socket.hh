// A UDP socket of the host's network stack that sends to one destination and never blocks.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <string>

#include "support/udp_datagram/udp_datagram.hh"

namespace clickup {

class UdpSocket {
 public:
  UdpSocket() = default;
  ~UdpSocket() {
    if (fd_ >= 0) ::close(fd_);
  }
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  // A source of zeros means any. Returns an error, empty on success.
  std::string open(const UdpPath& path) {
    fd_ = ::socket(path.four() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    // The previous worker holds the same port until this one is confirmed, and both send.
    int on = 1;
    bool open = fd_ >= 0 && ::setsockopt(fd_, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0;
    sockaddr_storage near{}, far{};
    socklen_t size = fill(path.source, path.source_port, path.four(), near);
    fill(path.destination, path.destination_port, path.four(), far);
    if (open && ::bind(fd_, reinterpret_cast<sockaddr*>(&near), size) != 0) {
      return "UDP port " + std::to_string(path.source_port) + " cannot be used: " + std::strerror(errno) +
             "; give another SOURCE_PORT, or a SOURCE that is an address of this device";
    }
    // A destination that is unreachable now may be reachable later.
    if (open) connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&far), size) == 0;
    far_ = far;
    size_ = size;
    return open ? "" : std::string("no UDP socket: ") + std::strerror(errno);
  }

  bool send(std::span<const uint8_t> payload) {
    if (!connected_) connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&far_), size_) == 0;
    if (!connected_) return false;
    ssize_t sent = ::send(fd_, payload.data(), payload.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    // An ICMP error about an earlier datagram is reported for the next one, which is not sent then.
    if (sent < 0 && errno == ECONNREFUSED)
      sent = ::send(fd_, payload.data(), payload.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent == ssize_t(payload.size());
  }

 private:
  static socklen_t fill(const IpAddress& address, uint16_t port, bool four, sockaddr_storage& storage) {
    if (four) {
      auto& to = reinterpret_cast<sockaddr_in&>(storage);
      to.sin_family = AF_INET;
      to.sin_port = htons(port);
      std::memcpy(&to.sin_addr, address.data() + 12, 4);
      return sizeof to;
    }
    auto& to = reinterpret_cast<sockaddr_in6&>(storage);
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(port);
    std::memcpy(&to.sin6_addr, address.data(), 16);
    return sizeof to;
  }

  int fd_ = -1;
  bool connected_ = false;
  sockaddr_storage far_{};
  socklen_t size_ = 0;
};

}  // namespace clickup
