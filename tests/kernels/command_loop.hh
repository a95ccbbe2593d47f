// The programs' side of conversation.py: a command per line on standard input, with one answer line each.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "state_table/state_memory.hh"

namespace clickup {

using Words = std::istringstream;
using Commands = std::map<std::string, std::function<std::string(Words&)>>;

inline int run_commands(const Commands& commands) {
  for (std::string line; std::getline(std::cin, line);) {
    Words words(line);
    std::string name;
    words >> name;
    auto command = commands.find(name);
    if (command == commands.end()) {
      std::cerr << "no command '" << name << "'\n";
      return 2;
    }
    std::cout << command->second(words) << std::endl;
  }
  return 0;
}

inline std::string in_hexadecimal(const uint8_t* bytes, size_t size) {
  static const char* digits = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < size; ++i) {
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}

// State memory as the supervisor provides it: a memfd that each worker maps for itself.
class SharedMemory {
 public:
  explicit SharedMemory(size_t bytes) : bytes_(bytes), fd_(memfd_create("state", MFD_CLOEXEC)) {
    if (fd_ < 0 || ftruncate(fd_, off_t(bytes)) != 0) std::abort();
  }
  ~SharedMemory() {
    for (void* address : mapped_) munmap(address, bytes_);
    close(fd_);
  }
  void* map(bool writable = true) const {
    void* address = mmap(nullptr, bytes_, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd_, 0);
    if (address == MAP_FAILED) std::abort();
    mapped_.push_back(address);
    return address;
  }
  size_t bytes() const { return bytes_; }
  int fd() const { return fd_; }

 private:
  size_t bytes_;
  int fd_;
  mutable std::vector<void*> mapped_;
};

// Memory left by a worker that died while it wrote: derived data cannot be trusted.
inline void tear(void* memory) {
  auto* header = static_cast<StateHeader*>(memory);
  auto* slots = reinterpret_cast<uint64_t*>(static_cast<uint8_t*>(memory) + header->index_offset);
  uint64_t count = state_index::first_slot(state_index::bits_for(header->capacity) + 1);
  for (uint64_t i = 0; i < count; ++i) slots[i] = i % 3 ? ~uint64_t(0) : 1;
  header->free_head = 3;
  header->count = 12345;
  header->index_bits = 77;
  header->index_grows = 1;
  header->index_moved = 1234567;
}

inline RecordHeader& record_header(void* memory, uint32_t index) {
  auto* header = static_cast<StateHeader*>(memory);
  uint8_t* records = static_cast<uint8_t*>(memory) + header->record_offset;
  return *reinterpret_cast<RecordHeader*>(records + uint64_t(index) * header->record_size);
}

}  // namespace clickup
