#include "shared/worker_channel.hh"

#include "shared/causes.hh"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace clickup {

std::string_view Message::after(size_t count) const {
  std::string_view rest = text;
  for (; count > 0; --count) {
    size_t space = rest.find(' ');
    if (space == std::string_view::npos) return {};
    rest.remove_prefix(space + 1);
  }
  return rest;
}

std::string_view Message::word(size_t index) const {
  std::string_view rest = after(index);
  return rest.substr(0, rest.find(' '));
}

uint64_t Message::number(size_t index, int base) const {
  std::string_view digits = word(index);
  uint64_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  return error == std::errc{} && end == digits.data() + digits.size() ? value : 0;
}

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
  const cmsghdr* part = CMSG_FIRSTHDR(&header);  // send() makes one part, and nothing else is asked of the kernel
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

unsigned greet(WorkerChannel& channel, const Message& welcome) {
  if (kProtocol >= kFirstWithCauses) channel.send("version " + std::to_string(kProtocol));
  return std::clamp(unsigned(welcome.number(1)), 1u, kProtocol);
}

std::string create_page(FileDescriptor& memory, SharedPage*& page) {
  auto failed = [](const char* call) {
    return std::string("cannot create the page shared with workers: ") + call + ": " + std::strerror(errno);
  };
  memory.reset(::memfd_create("click-up page", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory) return failed("memfd_create");
  if (::ftruncate(memory.get(), sizeof(SharedPage)) != 0) return failed("ftruncate");
  ::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  void* address = ::mmap(nullptr, sizeof(SharedPage), PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
  if (address == MAP_FAILED) return failed("mmap");
  page = static_cast<SharedPage*>(address);
  page->magic = SharedPage::kMagic;
  return {};
}

std::string map_page(int memory, SharedPage*& page) {
  struct stat status;
  if (::fstat(memory, &status) != 0 || size_t(status.st_size) != sizeof(SharedPage))
    return "the page shared with the supervisor has another size: supervisor and driver are of different versions";
  void* address = ::mmap(nullptr, sizeof(SharedPage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, memory, 0);
  if (address == MAP_FAILED)
    return std::string("cannot map the page shared with the supervisor: mmap: ") + std::strerror(errno);
  page = static_cast<SharedPage*>(address);
  if (page->magic == SharedPage::kMagic) return {};
  unmap_page(page);
  page = nullptr;
  return "the page shared with the supervisor has another layout: supervisor and driver are of different versions";
}

void unmap_page(SharedPage* page) {
  if (page) ::munmap(static_cast<void*>(page), sizeof(SharedPage));
}

bool name_is(const char* stored, size_t width, std::string_view name) {
  return std::string_view(stored, ::strnlen(stored, width)) == name.substr(0, width - 1);
}

void store_name(char* stored, size_t width, std::string_view name) {
  std::memset(stored, 0, width);
  std::memcpy(stored, name.data(), std::min(name.size(), width - 1));
}

std::string successor_name(std::string_view interface) { return ">" + std::string(interface); }

namespace {
constexpr uint32_t kAllRead = UINT32_MAX;  // no frame has that number
}

void succeed(PortCursor& before, PortCursor& after) {
  PortCursor next = before;
  std::memcpy(next.interface, after.interface, sizeof next.interface);
  next.rx_frame = next.rx_returned = 0;
  after = next;
  std::atomic_ref<uint32_t>(before.rx_returned).store(kAllRead, std::memory_order_release);
}

bool succeeded(const PortCursor& before) { return __atomic_load_n(&before.rx_returned, __ATOMIC_ACQUIRE) == kAllRead; }

void hand_over(SharedPage& page, uint32_t worker) {
  page.turn.store(worker, std::memory_order_release);
  ::syscall(SYS_futex, &page.turn, FUTEX_WAKE, INT32_MAX, nullptr, nullptr, 0);
}

bool await_turn(SharedPage& page, uint32_t worker, uint64_t spin_ns, uint64_t timeout_ns) {
  uint64_t begin = boot_time_ns();
  for (uint64_t now = begin;; now = boot_time_ns()) {
    for (int i = 0; i < 64; ++i) {
      uint32_t turn = page.turn.load(std::memory_order_acquire);
      if (turn == worker) return true;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
    if (now - begin >= timeout_ns) return false;
    if (now - begin < spin_ns) continue;
    uint32_t turn = page.turn.load(std::memory_order_acquire);
    if (turn == worker) return true;
    uint64_t left = timeout_ns - (now - begin);
    timespec wait{time_t(left / 1'000'000'000), long(left % 1'000'000'000)};
    ::syscall(SYS_futex, &page.turn, FUTEX_WAIT, turn, &wait, nullptr, 0);
  }
}

// Staying awake for the turn saves the tens of microseconds that waking up takes. Where processors are few it costs
// more: who spins is in the way of those that make its turn come, and is taken off the processor for milliseconds.
uint64_t time_to_spin() {
  constexpr uint64_t kSpin = 50'000'000;
  constexpr int kProcessorsToSpin = 4;
  cpu_set_t processors;
  bool many =
      ::sched_getaffinity(0, sizeof processors, &processors) == 0 && CPU_COUNT(&processors) >= kProcessorsToSpin;
  return many ? kSpin : 0;
}

uint64_t boot_time_ns() {
  timespec now;
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return uint64_t(now.tv_sec) * 1'000'000'000 + uint64_t(now.tv_nsec);
}

}  // namespace clickup
