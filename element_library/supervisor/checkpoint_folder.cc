#include "supervisor/checkpoint_folder.hh"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

#include "shared/file_descriptor.hh"

namespace clickup {
namespace {

constexpr std::string_view kSuffix = ".ckpt", kUnfinished = ".ckpt.new", kDamaged = ".ckpt.damaged";
constexpr size_t kDigits = 10;

CheckpointReason reason_of(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT: return CheckpointReason::directory_full;
    case EROFS:
    case EACCES:
    case EPERM: return CheckpointReason::directory_read_only;
    case ENOENT:
    case ENOTDIR: return CheckpointReason::directory_missing;
    default: return CheckpointReason::write_failed;
  }
}

struct Entry {
  uint64_t sequence;
  std::string path;
  std::string_view suffix;
};

bool read_name(std::string_view name, Entry& entry) {
  if (name.size() <= kDigits) return false;
  auto [end, error] = std::from_chars(name.data(), name.data() + kDigits, entry.sequence);
  std::string_view rest = name.substr(kDigits);
  for (std::string_view known : {kSuffix, kUnfinished, kDamaged})
    if (rest == known) entry.suffix = known;
  return error == std::errc{} && end == name.data() + kDigits && !entry.suffix.empty();
}

CheckpointFailure read_directory(const std::string& directory, std::vector<Entry>& entries) {
  entries.clear();
  std::unique_ptr<DIR, int (*)(DIR*)> opened(::opendir(directory.c_str()), ::closedir);
  if (!opened) return checkpoint_failure("checkpoint directory '" + directory + "'", errno);
  while (const dirent* found = ::readdir(opened.get())) {
    Entry entry{0, directory + "/" + found->d_name, {}};
    if (read_name(found->d_name, entry)) entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.sequence > b.sequence; });
  return {};
}

}  // namespace

std::string_view reason_word(CheckpointReason reason) {
  switch (reason) {
    case CheckpointReason::none: return "";
    case CheckpointReason::directory_full: return "DirectoryFull";
    case CheckpointReason::directory_read_only: return "DirectoryReadOnly";
    case CheckpointReason::directory_missing: return "DirectoryMissing";
    case CheckpointReason::write_failed: return "WriteFailed";
  }
  return "";
}

CheckpointFailure checkpoint_failure(const std::string& what, int error) {
  return {reason_of(error), what + ": " + std::strerror(error)};
}

std::string checkpoint_name(uint64_t sequence) {
  std::string digits = std::to_string(sequence);
  return std::string(kDigits - std::min(kDigits, digits.size()), '0') + digits + std::string(kSuffix);
}

CheckpointFailure list_checkpoints(const std::string& directory, std::vector<StoredCheckpoint>& found) {
  found.clear();
  std::vector<Entry> entries;
  CheckpointFailure failure = read_directory(directory, entries);
  for (Entry& entry : entries)
    if (entry.suffix == kSuffix) found.push_back({entry.sequence, std::move(entry.path)});
  return failure;
}

CheckpointFailure next_checkpoint(const std::string& directory, uint64_t& sequence) {
  std::vector<Entry> entries;
  CheckpointFailure failure = read_directory(directory, entries);
  sequence = entries.empty() ? 1 : entries.front().sequence + 1;
  return failure;
}

CheckpointFailure check_room(const std::string& directory, uint64_t bytes) {
  constexpr uint64_t kMegabyte = 1u << 20, kLeast = 16 * kMegabyte;
  struct statvfs status;
  if (::statvfs(directory.c_str(), &status) != 0)
    return checkpoint_failure("checkpoint directory '" + directory + "'", errno);
  if (status.f_blocks == 0) return {};  // the file system does not report sizes
  uint64_t free = uint64_t(status.f_bavail) * status.f_frsize, needed = bytes + std::max(bytes / 10, kLeast);
  if (free >= needed) return {};
  return {CheckpointReason::directory_full,
          "checkpoint directory '" + directory + "': " + std::to_string(free / kMegabyte) + " MB are free and " +
              std::to_string(needed / kMegabyte + 1) + " MB are needed: make room, or keep fewer checkpoints"};
}

bool set_checkpoint_aside(const StoredCheckpoint& damaged) {
  return ::rename(damaged.path.c_str(), (damaged.path + ".damaged").c_str()) == 0;
}

void prune_checkpoints(const std::string& directory, uint32_t keep) {
  std::vector<Entry> entries;
  read_directory(directory, entries);
  uint32_t left = std::max(keep, 1u);
  for (const Entry& entry : entries) {
    if (left == 0 && entry.suffix != kUnfinished) ::unlink(entry.path.c_str());
    if (left > 0 && entry.suffix == kSuffix) --left;
  }
}

void remove_unfinished_checkpoints(const std::string& directory) {
  std::vector<Entry> entries;
  read_directory(directory, entries);
  for (const Entry& entry : entries)
    if (entry.suffix == kUnfinished) ::unlink(entry.path.c_str());
}

CheckpointFailure sync_directory(const std::string& directory) {
  FileDescriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened || ::fsync(opened.get()) != 0)
    return checkpoint_failure("checkpoint directory '" + directory + "'", errno);
  return {};
}

}  // namespace clickup
