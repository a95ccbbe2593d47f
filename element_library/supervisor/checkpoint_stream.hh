// Writes the parts of a checkpoint file one after the other, each with its CRC, and rests between them.
#pragma once

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <span>

#include "supervisor/crc32.hh"

namespace clickup {

inline uint64_t work_ns() {
  timespec now;
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return uint64_t(now.tv_sec) * 1'000'000'000 + uint64_t(now.tv_nsec);
}
inline void rest_for(uint64_t nanoseconds) {
  timespec wait{time_t(nanoseconds / 1'000'000'000), long(nanoseconds % 1'000'000'000)};
  ::nanosleep(&wait, nullptr);
}

// After a failure nothing more is written; error() tells it.
class PartStream {
 public:
  PartStream(int fd, uint32_t rest) : fd_(fd), rest_(rest), worked_(work_ns()) {}

  int error() const { return error_; }
  uint64_t bytes() const { return bytes_; }
  uint32_t parts_crc() const { return parts_crc_; }

  // Writes a part; its last four bytes become its CRC, which is returned.
  uint32_t put_bytes(std::span<uint8_t> part) {
    uint32_t crc = crc32(part.data(), part.size() - sizeof crc);
    std::memcpy(part.data() + part.size() - sizeof crc, &crc, sizeof crc);
    parts_crc_ = crc32(&crc, sizeof crc, parts_crc_);
    write_all(part);
    flush();
    pause();
    return crc;
  }
  template <class Part>
  uint32_t put(Part& part) {
    return put_bytes({reinterpret_cast<uint8_t*>(&part), sizeof part});
  }

 private:
  // Bytes after which the kernel is made to write them, so that the last fsync is short.
  static constexpr uint64_t kWriteback = 8 << 20;

  void write_all(std::span<const uint8_t> rest) {
    while (!rest.empty() && error_ == 0) {
      ssize_t count = ::write(fd_, rest.data(), rest.size());
      if (count < 0 && errno != EINTR) error_ = errno;
      if (count <= 0) continue;
      bytes_ += uint64_t(count);
      rest = rest.subspan(size_t(count));
    }
  }
  void flush() {
    if (error_ != 0 || bytes_ - flushed_ < kWriteback) return;
    // Errors need no check here: fsync does the work again and reports them.
    ::sync_file_range(fd_, off_t(flushed_), off_t(bytes_ - flushed_),
                      SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE);
    flushed_ = bytes_;
  }
  void pause() {
    if (rest_ == 0) return;
    uint64_t worked = work_ns();
    rest_for((worked - worked_) * rest_);
    worked_ = worked;
  }

  int fd_;
  uint32_t rest_;
  uint64_t worked_;
  int error_ = 0;
  uint64_t bytes_ = 0, flushed_ = 0;
  uint32_t parts_crc_ = 0;
};

}  // namespace clickup
