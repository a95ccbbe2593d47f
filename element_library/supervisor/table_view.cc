#include "supervisor/table_view.hh"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace clickup {

TableView::~TableView() {
  if (memory_) ::munmap(memory_, bytes_);
}

std::string TableView::open(int memory) {
  struct stat status;
  if (::fstat(memory, &status) != 0) return std::string("no memory of a state table: fstat: ") + std::strerror(errno);
  void* address = ::mmap(nullptr, size_t(status.st_size), PROT_READ, MAP_SHARED, memory, 0);
  if (address == MAP_FAILED) return std::string("cannot map a state table: mmap: ") + std::strerror(errno);
  memory_ = address;
  bytes_ = size_t(status.st_size);
  return reader_.attach(memory_, bytes_);
}

}  // namespace clickup
