#include "support/named_file/named_file.hh"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <streambuf>
#include <string_view>
#include <utility>

namespace clickup {
namespace {

constexpr int kRead = O_RDONLY | O_CLOEXEC | O_NONBLOCK;  // opening a pipe waits for nobody
constexpr int kAppend = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK;
constexpr int kFolder = O_PATH | O_DIRECTORY | O_CLOEXEC;
constexpr mode_t kMode = 0640;

struct Roots {
  const char* variable;
  std::string_view folders;  // with colons between them
  bool anywhere;
};

Roots roots(const char* variable) {
  const char* value = std::getenv(variable);
  return {variable, value ? value : "", !value};
}

std::string reason(int error) {
  if (error == ELOOP || error == EXDEV) return "links are not followed";
  if (error == ENOSYS) return "the kernel is older than Linux 5.6, which cannot confine it";
  return std::strerror(error);
}

int open_beneath(const std::string& root, const std::string& path, int flags) {
  FileDescriptor folder(::open(root.c_str(), kFolder));
  if (!folder) return -1;
  open_how how{};
  how.flags = uint64_t(flags);
  if (flags & O_CREAT) how.mode = kMode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return int(::syscall(SYS_openat2, folder.get(), path.c_str(), &how, sizeof how));
}

// The rest of `path` beneath `root`, "." for the root itself; empty when it lies elsewhere. ".." is for openat2 to
// refuse.
std::string rest_beneath(std::string_view path, std::string_view root) {
  if (!path.starts_with('/')) return std::string(path);
  if (path == root) return ".";
  while (root.ends_with('/')) root.remove_suffix(1);  // of "/" nothing stays
  if (path == root) return ".";
  if (!path.starts_with(root) || path.size() <= root.size() || path[root.size()] != '/') return {};
  return std::string(path.substr(std::min(path.find_first_not_of('/', root.size()), path.size())));
}

std::string not_allowed(const std::string& path, const Roots& allowed) {
  return "'" + path + "' lies outside of the folders that this device allows (" + allowed.variable +
         "): " + (allowed.folders.empty() ? "none" : std::string(allowed.folders));
}

// Opens `path` as the device allows. The mistake of the last folder that it could lie in is told.
std::string open_allowed(const Roots& allowed, const std::string& path, int flags, FileDescriptor& file) {
  if (allowed.anywhere) {
    file.reset(::open(path.c_str(), flags, kMode));
    return file ? "" : std::strerror(errno);
  }
  std::string error;
  for (std::string_view left = allowed.folders; !left.empty();) {
    std::string root(left.substr(0, left.find(':')));
    left.remove_prefix(std::min(root.size() + 1, left.size()));
    std::string rest = rest_beneath(path, root);
    if (root.empty() || rest.empty()) continue;
    file.reset(open_beneath(root, rest, flags));
    if (file) return {};
    error = reason(errno);
    if (errno != ENOENT) break;
  }
  return error;
}

std::string check_content(const Roots& allowed, int file) {
  struct stat status{};
  if (::fstat(file, &status) != 0) return std::strerror(errno);
  if (S_ISDIR(status.st_mode)) return std::strerror(EISDIR);
  if (!allowed.anywhere && !S_ISREG(status.st_mode)) return "it is no regular file";
  if (uint64_t(status.st_size) > kMostFileBytes) return "it is larger than 64 MiB";
  return {};
}

// Reads a descriptor, at most kMostFileBytes of it: a device file need not have an end.
class DescriptorBuffer : public std::streambuf {
 public:
  explicit DescriptorBuffer(FileDescriptor file) : file_(std::move(file)) {}

 private:
  int_type underflow() override {
    ssize_t got = read_ > kMostFileBytes ? -1 : ::read(file_.get(), block_, sizeof block_);
    if (got <= 0) return traits_type::eof();
    read_ += uint64_t(got);
    setg(block_, block_, block_ + got);
    return traits_type::to_int_type(block_[0]);
  }

  FileDescriptor file_;
  uint64_t read_ = 0;
  char block_[1 << 16];
};

class NamedLines : public std::istream {
 public:
  explicit NamedLines(FileDescriptor file) : std::istream(nullptr), buffer_(std::move(file)) { rdbuf(&buffer_); }

 private:
  DescriptorBuffer buffer_;
};

}  // namespace

std::string open_to_read(const std::string& path, FileDescriptor& file) {
  Roots allowed = roots("CLICKUP_READABLE");
  FileDescriptor opened;
  std::string error = open_allowed(allowed, path, kRead, opened);
  if (error.empty() && !opened) return not_allowed(path, allowed);
  if (error.empty()) error = check_content(allowed, opened.get());
  if (!error.empty()) return "'" + path + "' cannot be read: " + error;
  file = std::move(opened);
  return {};
}

std::string read_named_file(const std::string& path, std::string& text) {
  FileDescriptor file;
  if (std::string error = open_to_read(path, file); !error.empty()) return error;
  char block[1 << 16];
  ssize_t got = 1;
  while (text.size() <= kMostFileBytes && (got = ::read(file.get(), block, sizeof block)) > 0)
    text.append(block, size_t(got));
  if (got < 0) return "'" + path + "' cannot be read: " + std::strerror(errno);
  return text.size() > kMostFileBytes ? "'" + path + "' cannot be read: it is larger than 64 MiB" : "";
}

std::unique_ptr<std::istream> named_file_lines(const std::string& path, std::string& error) {
  FileDescriptor file;
  if (error = open_to_read(path, file); !error.empty()) return nullptr;
  return std::make_unique<NamedLines>(std::move(file));
}

std::string AppendedFile::open(const std::string& path) {
  Roots allowed = roots("CLICKUP_WRITABLE");
  size_t slash = path.rfind('/');
  bool bare = slash == std::string::npos;
  FileDescriptor folder;
  std::string error = open_allowed(allowed, bare ? "." : path.substr(0, std::max<size_t>(slash, 1)), kFolder, folder);
  if (error.empty() && !folder) return not_allowed(path, allowed);
  AppendedFile opened(std::move(folder), path.substr(bare ? 0 : slash + 1), !allowed.anywhere);
  if (error.empty()) error = opened.begin();
  if (!error.empty()) return "'" + path + "' cannot be written: " + error;
  *this = std::move(opened);
  return {};
}

AppendedFile::AppendedFile(FileDescriptor folder, std::string name, bool confined)
    : folder_(std::move(folder)), name_(std::move(name)), confined_(confined) {}

std::string AppendedFile::begin() {
  FileDescriptor file(::openat(folder_.get(), name_.c_str(), kAppend | (confined_ ? O_NOFOLLOW : 0), kMode));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) return reason(errno);
  if (confined_ && !S_ISREG(status.st_mode)) return "it is no regular file";
  if (!S_ISREG(status.st_mode)) folder_.reset();  // nothing to rotate
  file_ = std::move(file);
  size_ = uint64_t(status.st_size);
  return {};
}

void AppendedFile::take(FileDescriptor file) {
  folder_.reset();
  file_ = std::move(file);
}

bool AppendedFile::write(const std::string& line) {
  if (folder_ && size_ >= kMostBytes) rotate();
  ssize_t written = ::write(file_.get(), line.data(), line.size());
  if (written > 0) size_ += uint64_t(written);
  // A pipe sees to that by itself: no line is longer than what it takes as a whole.
  if (written > 0 && size_t(written) < line.size()) cut_back(written);
  return written == ssize_t(line.size());
}

// Another process may have been first, during a takeover: then its new file is ours too.
void AppendedFile::rotate() {
  struct stat ours{}, named{};
  if (::fstat(file_.get(), &ours) != 0) return;
  size_ = uint64_t(ours.st_size);
  bool there = ::fstatat(folder_.get(), name_.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0;
  bool first = there && named.st_ino == ours.st_ino && named.st_dev == ours.st_dev;
  if (first && size_ < kMostBytes) return;  // somebody has cut it
  if (first) ::renameat(folder_.get(), name_.c_str(), folder_.get(), (name_ + ".1").c_str());
  if (!begin().empty()) size_ = 0;  // goes on with the file that is open, and tries again when as much is written
}

// The disk became full within a line. Unless others have written behind it meanwhile.
void AppendedFile::cut_back(int64_t written) {
  struct stat file{};
  off_t begin = ::lseek(file_.get(), -written, SEEK_CUR);
  if (begin < 0 || ::fstat(file_.get(), &file) != 0 || file.st_size != begin + written) return;
  [[maybe_unused]] int cut = ::ftruncate(file_.get(), begin);
}

}  // namespace clickup
