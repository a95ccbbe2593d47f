// Surroundings of a graph whose state tables are files.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "driver/host.hh"
#include "state_table/state_memory.hh"
#include "state_table/table_copy.hh"

namespace clickup {

class TableFile {
 public:
  explicit TableFile(const std::string& path, size_t bytes = 0) {
    int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct stat status;
    if (fd < 0 || ::fstat(fd, &status) != 0) std::abort();
    existed = status.st_size > 0;
    bytes_ = bytes ? bytes : size_t(status.st_size);
    if (!existed && ::ftruncate(fd, off_t(bytes_)) != 0) std::abort();
    address_ = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (address_ == MAP_FAILED) std::abort();
    ::close(fd);
  }
  ~TableFile() { ::munmap(address_, bytes_); }
  TableFile(const TableFile&) = delete;
  TableFile& operator=(const TableFile&) = delete;
  TableCopy::Memory memory() const { return {static_cast<uint8_t*>(address_), bytes_}; }
  uint64_t layout() const { return static_cast<const StateHeader*>(address_)->layout_hash; }
  bool existed = false;

 private:
  void* address_ = nullptr;
  size_t bytes_ = 0;
};

// State in files FOLDER/TABLE-LAYOUT; counters are not kept.
class FileHost : public Host {
 public:
  explicit FileHost(std::string folder) : folder_(std::move(folder)) {}
  std::string packet_socket(std::string_view, const PacketSocket*&) override { return "no interfaces here"; }
  std::string state_memory(std::string_view name, uint64_t layout, size_t bytes, StateMemory& memory) override {
    std::string path = folder_ + "/" + std::string(name.substr(name.find('/') + 1)) + "-" + std::to_string(layout);
    const TableFile& file = *files_.emplace_back(std::make_unique<TableFile>(path, bytes));
    memory = {file.memory().data(), bytes, file.existed};
    return "";
  }
  CounterSlot* counter_slot(std::string_view name) override { return &counters_[std::string(name)]; }

 private:
  std::string folder_;
  std::vector<std::unique_ptr<TableFile>> files_;
  std::map<std::string, CounterSlot> counters_;
};

}  // namespace clickup
