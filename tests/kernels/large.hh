// Tables of many records: the index grows while records come and go, and memory with it.
#pragma once

#include <sys/stat.h>

#include <fstream>
#include <vector>

#include "kernels/command_loop.hh"
#include "kernels/races.hh"

namespace clickup {

// Kilobytes of the memfd, and of it in this process (proc(5), smaps).
inline uint64_t allocated_kib(int fd) {
  struct stat status{};
  fstat(fd, &status);
  return uint64_t(status.st_blocks) / 2;
}
inline uint64_t resident_kib(const void* mapped) {
  std::ifstream maps("/proc/self/smaps");
  char begin[32];
  std::snprintf(begin, sizeof begin, "%llx-", static_cast<unsigned long long>(reinterpret_cast<uintptr_t>(mapped)));
  bool here = false;
  for (std::string line; std::getline(maps, line);) {
    here = here || line.rfind(begin, 0) == 0;
    if (here && line.rfind("Rss:", 0) == 0) return std::stoull(line.substr(4));
  }
  return ~uint64_t(0);
}

inline uint32_t find_key(const Items& items, uint32_t key) {
  ItemsLayout item = tagged(key, 0);
  return items.find(item, items.hash(item), 1);
}

// large CAPACITY RECORDS: fills a table as a worker does, with its timer's calls in between, looks up absent keys,
// erases and adds again; then hands it over. Answers KiB of the file, KiB mapped, KiB of the records.
inline std::string large(Words& words) {
  uint32_t capacity = 0, records = 0;
  words >> capacity >> records;
  SharedMemory memory(Items::bytes(capacity));
  void* mapped = memory.map();
  Items items;
  items.attach(mapped, memory.bytes(), capacity, "items");
  items.reserve();
  items.resume();
  auto add = [&items](uint32_t key) {
    ItemsLayout item = tagged(key, key);
    items.insert(item, items.hash(item), kNever, 1, [](const ItemsLayout&) { return true; });
    if (key % 256 == 0) items.reserve();
  };
  for (uint32_t key = 0; key < records; ++key) add(key);
  for (uint32_t key = records; key < records + records / 2 + 1000; ++key) {
    if (find_key(items, key) != Items::kNone) return "found a key that nobody added";
  }
  for (uint32_t key = 0; key < records; key += 3) items.erase(find_key(items, key));
  for (uint32_t key = 0; key < records; key += 3) {
    if (find_key(items, key) != Items::kNone) return "found an erased key";
    add(key);
  }
  for (int i = 0; i < 100; ++i) items.reserve();
  items.pause();
  Items successor;
  successor.attach(memory.map(), memory.bytes(), capacity, "items");
  if (successor.resume().rebuilt || successor.count() != records) return "not adopted";
  for (uint32_t key = 0; key < records; ++key) {
    if (find_key(successor, key) == Items::kNone) return "lost key " + std::to_string(key);
  }
  return std::to_string(allocated_kib(memory.fd())) + " " + std::to_string(resident_kib(mapped)) + " " +
         std::to_string(uint64_t(records) * successor.header().record_size / 1024);
}

}  // namespace clickup
