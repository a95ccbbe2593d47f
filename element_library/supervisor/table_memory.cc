#include "supervisor/table_memory.hh"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "state_table/state_memory.hh"

namespace clickup {

std::string TableMemory::create(const TableKey& key, bool restored, std::shared_ptr<TableMemory>& memory) {
  auto failed = [&key](const char* call) {
    return "state table '" + key.name + "' of " + std::to_string(key.bytes) + " bytes: " + call + ": " +
           std::strerror(errno);
  };
  FileDescriptor created(
      ::memfd_create(("click-up " + key.name).substr(0, 200).c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!created) return failed("memfd_create");
  if (::ftruncate(created.get(), off_t(key.bytes)) != 0) return failed("ftruncate");
  ::fcntl(created.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  memory = std::make_shared<TableMemory>(key, restored, std::move(created));
  return {};
}

TableFacts TableMemory::facts() const {
  StateHeader header{};
  bool whole = ::pread(memory_.get(), &header, sizeof header, 0) == ssize_t(sizeof header);
  if (!whole || header.magic != kStateMagic || header.format != kStateFormat) return {};
  return {header.layout_version, header.capacity, header.count};
}

}  // namespace clickup
