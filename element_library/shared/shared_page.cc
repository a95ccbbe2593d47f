#include "shared/shared_page.hh"

#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "shared/time_units.hh"

namespace clickup {

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

// Spinning until the turn saves the tens of microseconds that waking up takes. With few processors it costs more: it
// delays the processes that it waits for, and is then taken off the processor for milliseconds.
uint64_t time_to_spin() {
  constexpr uint64_t kSpin = 50'000'000;
  constexpr int kProcessorsToSpin = 4;
  cpu_set_t processors;
  bool many =
      ::sched_getaffinity(0, sizeof processors, &processors) == 0 && CPU_COUNT(&processors) >= kProcessorsToSpin;
  return many ? kSpin : 0;
}

}  // namespace clickup
