#include "shared/worker_channel.hh"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace clickup {

std::string_view Message::verb() const { return std::string_view(text).substr(0, text.find(' ')); }

std::string WorkerChannel::pair(WorkerChannel& one, WorkerChannel& other) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return std::string("cannot open a channel to a worker: socketpair: ") + std::strerror(errno);
  one = WorkerChannel(ends[0]);
  other = WorkerChannel(ends[1]);
  return {};
}

bool WorkerChannel::send(std::string_view text, std::span<const int> descriptors) {
  text = text.substr(0, kMaxText);
  iovec piece{const_cast<char*>(text.data()), text.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxDescriptors)] = {};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  if (!descriptors.empty() && descriptors.size() <= kMaxDescriptors) {
    header.msg_control = control;
    header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* ancillary = CMSG_FIRSTHDR(&header);
    ancillary->cmsg_level = SOL_SOCKET;
    ancillary->cmsg_type = SCM_RIGHTS;
    ancillary->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(ancillary), descriptors.data(), descriptors.size_bytes());
  }
  ssize_t sent;
  do sent = ::sendmsg(fd_.get(), &header, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

namespace {
void take_descriptors(msghdr& header, std::vector<FileDescriptor>& descriptors) {
  const cmsghdr* part = CMSG_FIRSTHDR(&header);  // send() makes one part, and the kernel adds no others
  if (!part || part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) return;
  size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  for (size_t i = 0; i < count; ++i) {
    int fd;
    std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
    descriptors.emplace_back(fd);
  }
}
}  // namespace

WorkerChannel::Result WorkerChannel::receive(Message& message, int timeout_ms) {
  message = {};
  if (timeout_ms != 0) {
    pollfd polled{fd_.get(), POLLIN, 0};
    int ready;
    do ready = ::poll(&polled, 1, timeout_ms);
    while (ready < 0 && errno == EINTR && timeout_ms < 0);
    if (ready <= 0) return Result::nothing;
  }
  message.text.resize(kMaxText);
  iovec piece{message.text.data(), message.text.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxDescriptors)];
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t count;
  do count = ::recvmsg(fd_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (count < 0 && errno == EINTR);
  message.text.resize(count > 0 ? size_t(count) : 0);
  if (count < 0 && errno == EAGAIN) return Result::nothing;
  if (count <= 0) return Result::closed;
  take_descriptors(header, message.descriptors);
  return Result::message;
}

}  // namespace clickup
