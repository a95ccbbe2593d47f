// One end of the channel between supervisor and worker: messages that carry file descriptors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/file_descriptor.hh"

namespace clickup {

// One datagram of text (message_fields.hh).
struct Message {
  std::string text;
  std::vector<FileDescriptor> descriptors;

  std::string_view verb() const;  // its first word
};

// One end of a SOCK_SEQPACKET pair.
class WorkerChannel {
 public:
  static constexpr size_t kMaxText = 64 * 1024;
  static constexpr size_t kMaxDescriptors = 8;
  enum class Result { message, nothing, closed };

  WorkerChannel() = default;
  explicit WorkerChannel(int fd) : fd_(fd) {}
  // Both ends, close-on-exec. Returns an empty string, else why not.
  static std::string pair(WorkerChannel& one, WorkerChannel& other);

  int fd() const { return fd_.get(); }
  int take() { return fd_.take(); }
  void close() { fd_.reset(); }
  // Never blocks; false when the other end is gone or does not read. Longer texts are cut at kMaxText.
  bool send(std::string_view text, std::span<const int> descriptors = {});
  // Waits up to `timeout_ms` (0: not at all, -1: for ever).
  Result receive(Message& message, int timeout_ms = 0);

 private:
  FileDescriptor fd_;
};

inline constexpr int kWelcomeTimeoutMs = 10'000;  // in which a process that was started is told what it needs

}  // namespace clickup
