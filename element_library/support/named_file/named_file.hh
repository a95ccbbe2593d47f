// Files that a configuration names. The variables CLICKUP_READABLE and CLICKUP_WRITABLE say beneath which folders a
// worker's may lie (driver/worker.cc has the default): whoever writes configurations does not read or write the rest of
// the device. A driver that somebody starts by hand has neither variable, and opens what its user may open.
#pragma once

#include <cstdint>
#include <istream>
#include <memory>
#include <string>

#include "shared/file_descriptor.hh"

namespace clickup {

inline constexpr uint64_t kMostFileBytes = uint64_t(64) << 20;  // of a file that is read as a whole

// Opens a regular file of at most kMostFileBytes for reading; without the variable, any file. A relative path is looked
// for in each of the folders. Returns why not, empty on success.
std::string open_to_read(const std::string& path, FileDescriptor& file);

// The whole of such a file.
std::string read_named_file(const std::string& path, std::string& text);

// Its lines, read as they are asked for; nullptr with `error`.
std::unique_ptr<std::istream> named_file_lines(const std::string& path, std::string& error);

// A file that is appended to, by several processes at once. At kMostBytes it gets the name PATH.1, in place of the one
// before, and a new one is begun.
class AppendedFile {
 public:
  static constexpr uint64_t kMostBytes = kMostFileBytes;

  AppendedFile() = default;

  // A relative path belongs to the first of the folders. Returns why not, empty on success; else nothing has changed.
  std::string open(const std::string& path);
  void take(FileDescriptor file);  // a stream that others opened, never rotated

  // All of it or nothing, without waiting.
  bool write(const std::string& line);

 private:
  AppendedFile(FileDescriptor folder, std::string name, bool confined);
  std::string begin();
  void rotate();
  void cut_back(int64_t written);

  FileDescriptor folder_, file_;
  std::string name_;
  bool confined_ = false;
  uint64_t size_ = 0;
};

}  // namespace clickup
